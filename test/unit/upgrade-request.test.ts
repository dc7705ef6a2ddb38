import { describe, expect, test } from 'vitest'
import { parseTarget } from '../../lib/client/target.js'
import { checkRequestOptions, openingRequest } from '../../lib/client/upgrade-request.js'
import type { ConnectOptions } from '../../lib/types/index.js'

const request = (options: ConnectOptions<unknown>, url = 'ws://x/y') =>
  openingRequest(parseTarget(url), checkRequestOptions(options))

test('the least there is', () => {
  expect(request({})).toBe(
    'GET /y HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n',
  )
})

test('protocols, origin, headers and credentials', () => {
  const lines = request({ protocols: ['b', 'a'], origin: 'o', headers: { X: ['1', '2'] } }, 'ws://u:p@x/')
  expect(lines).toContain('\r\nSec-WebSocket-Protocol: b, a\r\n')
  expect(lines).toContain('\r\nOrigin: o\r\n')
  expect(lines).toContain('\r\nX: 1\r\nX: 2\r\n')
  expect(lines).toContain('\r\nAuthorization: Basic dTpw\r\n')
})

describe('refused', () => {
  test.each(['a b', '', 'a,b', 'é', 7, 'a\r\n'])('the subprotocol %j', (protocol) => {
    expect(() => request({ protocols: [protocol as string] })).toThrow(TypeError)
  })
  test('one that is offered twice', () => expect(() => request({ protocols: ['a', 'b', 'a'] })).toThrow(/twice/))
  test('protocols of another type', () => expect(() => request({ protocols: { a: 1 } as never })).toThrow(TypeError))

  test.each([
    'Connection',
    'upgrade',
    'Sec-WebSocket-Key',
    'sec-websocket-version',
    'Sec-WebSocket-Extensions',
    'Sec-WebSocket-Protocol',
    'Content-Length',
    'Transfer-Encoding',
  ])('the header %s', (name) => expect(() => request({ headers: { [name]: 'x' } })).toThrow(new RegExp(name, 'i')))

  test.each(['a\r\nb: c', 'a\nb', '\0', '€', 7])('the value %j', (value) => {
    expect(() => request({ headers: { x: value as string } })).toThrow(TypeError)
    expect(() => request({ origin: value as string })).toThrow(TypeError)
  })
  test('a name with a line break', () => expect(() => request({ headers: { 'a\r\nb': 'x' } })).toThrow(TypeError))
  test('headers of another type', () => expect(() => request({ headers: 'x: y' as never })).toThrow(TypeError))
})
