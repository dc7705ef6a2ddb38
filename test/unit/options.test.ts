import { describe, expect, test } from 'vitest'
import { checkServeOptions, parsePorts } from '../../lib/options.js'
import type { ServeOptions } from '../../lib/types.js'

const wrongType = expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' })
const wrongRange = expect.objectContaining({ name: 'RangeError', code: 'ERR_OUT_OF_RANGE' })

describe('checkServeOptions', () => {
  test('fills in the documented defaults', () => {
    expect(checkServeOptions({ port: 0 })).toMatchObject({
      backlog: 511,
      maxPayload: 16 * 1024 * 1024,
      maxFragments: 131_072,
      maxMessagesPerSecond: 0,
      maxBytesPerSecond: 0,
      highWaterMark: 256 * 1024,
      handshakeTimeout: 10_000,
      closeTimeout: 10_000,
      asksUpgrade: false,
      asksRequest: false,
      reportsTlsErrors: false,
    })
  })

  test('hands on what is given', () => {
    const given = { backlog: 1, maxPayload: 2, highWaterMark: 3, handshakeTimeout: 4, closeTimeout: 5 }
    expect(checkServeOptions({ port: 0, ...given })).toMatchObject(given)
  })

  test('upgrade and handleProtocols each make C++ ask, request and tlsError too', () => {
    expect(checkServeOptions({ port: 0, upgrade: () => true }).asksUpgrade).toBe(true)
    expect(checkServeOptions({ port: 0, handleProtocols: () => false }).asksUpgrade).toBe(true)
    expect(checkServeOptions({ port: 0, request: () => ({ status: 200 }) }).asksRequest).toBe(true)
    expect(checkServeOptions({ port: 0, tlsError() {} }).reportsTlsErrors).toBe(true)
  })

  test.each(['outboundPolicy', 'binaryType'])('%s takes one of its words', (name) => {
    const options = { port: 0, [name]: 'arraybuffer' } as unknown as ServeOptions
    expect(() => checkServeOptions(options)).toThrow(new RegExp(`^${name} is '.*' or '.*', not 'arraybuffer'$`))
  })

  test.each([undefined, null, 7, 'x', () => 1])('%s are no options', (options) => {
    expect(() => checkServeOptions(options as never)).toThrow(wrongType)
  })

  test.each([
    ['open', true],
    ['message', 'x'],
    ['ping', {}],
    ['pong', 1],
    ['drain', null],
    ['error', []],
    ['close', 0],
    ['upgrade', true],
    ['handleProtocols', ['chat']],
    ['request', { status: 200 }],
    ['tlsError', 'x'],
    ['host', 127],
    ['reusePort', 1],
    ['signal', new AbortController()],
    ['signal', {}],
    ['maxPayload', '1'],
    ['maxFragments', '1'],
    ['backlog', 1n],
    ['closeTimeout', null],
  ])('%s: %s is of a wrong type', (name, value) => {
    expect(() => checkServeOptions({ port: 0, [name]: value } as unknown as ServeOptions)).toThrow(wrongType)
    expect(() => checkServeOptions({ port: 0, [name]: value } as unknown as ServeOptions)).toThrow(name)
  })

  test.each([
    ['maxPayload', 0],
    ['maxPayload', -1],
    ['maxPayload', 1.5],
    ['maxPayload', 2 ** 29],
    ['maxPayload', Number.NaN],
    ['maxPayload', Number.POSITIVE_INFINITY],
    ['maxFragments', -1],
    ['maxMessagesPerSecond', 0.5],
    ['maxBytesPerSecond', -1],
    ['maxFragments', 2 ** 31],
    ['highWaterMark', -1],
    ['highWaterMark', 2 ** 31],
    ['backlog', 0],
    ['handshakeTimeout', 0],
    ['closeTimeout', 0],
    ['closeTimeout', 2 ** 31],
  ])('%s: %d is out of range', (name, value) => {
    expect(() => checkServeOptions({ port: 0, [name]: value } as ServeOptions)).toThrow(wrongRange)
    expect(() => checkServeOptions({ port: 0, [name]: value } as ServeOptions)).toThrow(name)
  })

  test.each([
    ['maxPayload', 1],
    ['maxPayload', 2 ** 29 - 25],
    ['maxFragments', 0],
    ['maxMessagesPerSecond', 2 ** 31 - 1],
    ['maxBytesPerSecond', 2 ** 31 - 1],
    ['maxFragments', 2 ** 31 - 1],
    ['highWaterMark', 0],
    ['highWaterMark', 2 ** 31 - 1],
    ['closeTimeout', 2 ** 31 - 1],
  ])('%s: %d is in range', (name, value) => {
    expect(checkServeOptions({ port: 0, [name]: value } as ServeOptions)).toMatchObject({ [name]: value })
  })
})

describe('parsePorts', () => {
  test('numbers, strings, ranges, lists and arrays, in their order', () => {
    expect(parsePorts(8888)).toEqual([8888])
    expect(parsePorts('8888')).toEqual([8888])
    expect(parsePorts('8890-8892,8888')).toEqual([8890, 8891, 8892, 8888])
    expect(parsePorts([1, '3-4', '2'])).toEqual([1, 3, 4, 2])
    expect(parsePorts([0, 0])).toEqual([0, 0])
    expect(parsePorts('1-10000').length).toBe(10_000)
  })

  test('a wrong type and a wrong value are told apart', () => {
    expect(() => parsePorts(undefined as never)).toThrow(wrongType)
    expect(() => parsePorts([[1]] as never)).toThrow(wrongType)
    expect(() => parsePorts('x')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }))
  })
})
