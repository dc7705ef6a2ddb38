import { expect, test } from 'vitest'
import { invalidUtf8, isText, toBytes } from '../../lib/socket/payload.js'

test('bytes are taken as they lie in memory, strings as UTF-8', () => {
  const memory = new Uint8Array([1, 2, 3, 4]).buffer
  expect(toBytes('é')).toEqual(Buffer.from([0xc3, 0xa9]))
  expect(toBytes(memory)).toEqual(new Uint8Array([1, 2, 3, 4]))
  expect(toBytes(new DataView(memory, 1, 2))).toEqual(new Uint8Array([2, 3]))
  expect(toBytes(new Uint16Array(memory, 2, 1))).toEqual(new Uint8Array([3, 4]))
  expect(toBytes(new SharedArrayBuffer(1))).toEqual(new Uint8Array(1))
  const own = Buffer.from('x')
  expect(toBytes(own)).toBe(own)
})

test.each([undefined, null, 7, [1], {}, new Blob([])])('%s is no payload', (data) => {
  expect(() => toBytes(data as never)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }))
})

test('strings are text and bytes are binary, unless it is said', () => {
  expect([isText('x', undefined), isText('x', false), isText('x', true)]).toEqual([true, true, false])
  const bytes = new Uint8Array(1)
  expect([isText(bytes, undefined), isText(bytes, false), isText(bytes, true)]).toEqual([false, true, false])
})

test('bytes that are no text are a TypeError', () => {
  expect(invalidUtf8()).toBeInstanceOf(TypeError)
})
