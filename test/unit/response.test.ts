import { describe, expect, test } from 'vitest'
import { encodeResponse, responseHeaderLines } from '../../lib/http/response.js'
import type { Response, ResponseHeaders } from '../../lib/types/index.js'

const wrongValue = expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' })

describe('responseHeaderLines', () => {
  test('none', () => {
    expect(responseHeaderLines(undefined)).toBe('')
    expect(responseHeaderLines({})).toBe('')
    expect(responseHeaderLines({ a: [] })).toBe('')
  })

  test('one line for each value', () => {
    expect(responseHeaderLines({ 'X-One': '1', 'set-cookie': ['a', 'b'], empty: '', tab: 'x\ty', latin: 'é' })).toBe(
      'X-One: 1\r\nset-cookie: a\r\nset-cookie: b\r\nempty: \r\ntab: x\ty\r\nlatin: é\r\n',
    )
  })

  test.each(['', ' ', 'a b', 'a:', 'a\r\n', 'a\n', 'ä', 'a\0', '(a)', 'a"'])('the name %j is refused', (name) => {
    expect(() => responseHeaderLines({ [name]: 'x' })).toThrow(wrongValue)
  })

  test.each(['\r\n', 'a\nb', 'a\rb', 'a\0b', '\x7f', '\u0100', '😀', 'a\r\n\r\n<body>'])(
    'the value %j is refused',
    (value) => {
      expect(() => responseHeaderLines({ a: value })).toThrow(wrongValue)
      expect(() => responseHeaderLines({ a: ['fine', value] })).toThrow(wrongValue)
    },
  )

  test.each([undefined, null, 7, true, {}, [7], [null], [['x']]])('the value %j is no text', (value) => {
    expect(() => responseHeaderLines({ a: value } as unknown as ResponseHeaders)).toThrow(wrongValue)
  })

  test.each([
    'Connection',
    'content-length',
    'TRANSFER-ENCODING',
    'Upgrade',
    'Sec-WebSocket-Accept',
    'Sec-WebSocket-Protocol',
    'Sec-WebSocket-Extensions',
  ])('%s is not for handlers to set', (name) => {
    expect(() => responseHeaderLines({ [name]: 'x' })).toThrow(wrongValue)
  })
})

describe('encodeResponse', () => {
  const encode = (response: Response) => {
    const { status, payload } = encodeResponse(response)
    return [status, Buffer.from(payload).toString('latin1')]
  }

  test('header lines, an empty line, the body', () => {
    expect(encode({ status: 200 })).toEqual([200, '\r\n'])
    expect(encode({ status: 404, headers: { a: 'b' }, body: 'text' })).toEqual([404, 'a: b\r\n\r\ntext'])
    expect(encode({ status: 599, body: Buffer.from([1, 255]) })).toEqual([599, '\r\n\x01\xff'])
    expect(encode({ status: 200, body: 'é' })).toEqual([200, '\r\n\xc3\xa9'])
  })

  test.each([199, 600, 101, 200.5, Number.NaN, '200', undefined])('the status %s is refused', (status) => {
    expect(() => encodeResponse({ status } as Response)).toThrow(
      expect.objectContaining({ name: 'RangeError', code: 'ERR_OUT_OF_RANGE' }),
    )
  })

  test.each([undefined, null, 200, 'text', true])('%j is no response', (response) => {
    expect(() => encodeResponse(response as never)).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' }),
    )
  })

  test.each([7, {}, [], null, new ArrayBuffer(1)])('%j is no body', (body) => {
    expect(() => encodeResponse({ status: 200, body } as unknown as Response)).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' }),
    )
  })
})
