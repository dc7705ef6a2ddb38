import { describe, expect, onTestFinished, test } from 'vitest'
import { native } from '../../lib/bridge/native.js'
import { checkConnectOptions } from '../../lib/client/connect-options.js'
import { parsePorts } from '../../lib/server/ports.js'
import { checkServeOptions } from '../../lib/server/serve-options.js'
import type { ConnectOptions, ServeOptions } from '../../lib/types/index.js'

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
    expect(checkServeOptions({ port: 0, origins: [] }).asksUpgrade).toBe(true)
    expect(checkServeOptions({ port: 0, request: () => ({ status: 200 }) }).asksRequest).toBe(true)
    expect(checkServeOptions({ port: 0, tlsError() {} }).reportsTlsErrors).toBe(true)
  })

  test('upgradeTimeout is handshakeTimeout, unless it is given', () => {
    expect(checkServeOptions({ port: 0, handshakeTimeout: 7 }).upgradeTimeout).toBe(7)
    expect(checkServeOptions({ port: 0, handshakeTimeout: 7, upgradeTimeout: 0 }).upgradeTimeout).toBe(0)
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
    ['origins', 'https://a.example'],
    ['origins', [/a/]],
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

describe('perMessageDeflate', () => {
  const ofServer = (perMessageDeflate: unknown) =>
    checkServeOptions({ port: 0, perMessageDeflate } as ServeOptions).perMessageDeflate
  const ofClient = (perMessageDeflate: unknown) =>
    checkConnectOptions({ perMessageDeflate } as ConnectOptions).native.perMessageDeflate

  const defaults = {
    threshold: 1024,
    serverNoContextTakeover: false,
    clientNoContextTakeover: false,
    serverMaxWindowBits: 12,
    clientMaxWindowBits: 12,
    level: 3,
    memLevel: 5,
  }

  test('is off by default, and has the documented defaults; a client leaves its window to the server', () => {
    expect(checkServeOptions({ port: 0 }).perMessageDeflate).toBeUndefined()
    expect(checkConnectOptions({}).native.perMessageDeflate).toBeUndefined()
    for (const off of [undefined, false]) expect([ofServer(off), ofClient(off)]).toEqual([undefined, undefined])
    for (const on of [true, {}, { zlibDeflateOptions: {} }, { threshold: undefined }]) {
      expect(ofServer(on)).toEqual(defaults)
      expect(ofClient(on)).toEqual({ ...defaults, serverMaxWindowBits: 15 })
    }
  })

  test('hands on what is given', () => {
    const given = {
      threshold: 0,
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      serverMaxWindowBits: 8,
      clientMaxWindowBits: 15,
    }
    const expected = { ...given, level: 9, memLevel: 1 }
    for (const check of [ofServer, ofClient]) {
      expect(check({ ...given, zlibDeflateOptions: { level: 9, memLevel: 1 } })).toEqual(expected)
    }
  })

  test.each([
    [1, 'perMessageDeflate must be a boolean or an object of options, not 1'],
    ['on', "perMessageDeflate must be a boolean or an object of options, not 'on'"],
    [null, 'perMessageDeflate must be a boolean or an object of options, not null'],
    [{ zlibDeflateOptions: 9 }, 'zlibDeflateOptions must be an object of options, not 9'],
    [{ zlibDeflateOptions: null }, 'zlibDeflateOptions must be an object of options, not null'],
    [{ threshold: '1024' }, "threshold must be a number, not '1024'"],
    [{ serverNoContextTakeover: 1 }, 'serverNoContextTakeover must be a boolean, not 1'],
    [{ clientNoContextTakeover: 'yes' }, "clientNoContextTakeover must be a boolean, not 'yes'"],
    [{ serverMaxWindowBits: true }, 'serverMaxWindowBits must be a number, not true'],
    [{ clientMaxWindowBits: null }, 'clientMaxWindowBits must be a number, not null'],
    [{ zlibDeflateOptions: { level: '9' } }, "level must be a number, not '9'"],
    [{ zlibDeflateOptions: { memLevel: [8] } }, 'memLevel must be a number, not an array of 1'],
  ])('%j is of a wrong type', (given, message) => {
    for (const check of [ofServer, ofClient]) {
      expect(() => check(given)).toThrow(wrongType)
      expect(() => check(given)).toThrow(message)
    }
  })

  test.each([
    ['threshold', -1, 0, 2 ** 31 - 1],
    ['threshold', 0.5, 0, 2 ** 31 - 1],
    ['threshold', 2 ** 31, 0, 2 ** 31 - 1],
    ['serverMaxWindowBits', 7, 8, 15],
    ['serverMaxWindowBits', 16, 8, 15],
    ['clientMaxWindowBits', 7, 8, 15],
    ['clientMaxWindowBits', 16, 8, 15],
    ['clientMaxWindowBits', 9.5, 8, 15],
    ['level', 0, 1, 9],
    ['level', 10, 1, 9],
    ['level', Number.NaN, 1, 9],
    ['memLevel', 0, 1, 9],
    ['memLevel', 10, 1, 9],
  ])('%s: %d is out of range', (name, value, least, most) => {
    const isOfZlib = name === 'level' || name === 'memLevel'
    const given = isOfZlib ? { zlibDeflateOptions: { [name]: value } } : { [name]: value }
    for (const check of [ofServer, ofClient]) {
      expect(() => check(given)).toThrow(wrongRange)
      expect(() => check(given)).toThrow(`${name} must be an integer from ${least} to ${most}, not ${value}`)
    }
  })

  test('without a zlib in the process it is refused, when all else is right', () => {
    const { hasZlib } = native
    onTestFinished(() => void Object.assign(native, { hasZlib }))
    Object.assign(native, { hasZlib: false })
    const unavailable = expect.objectContaining({ code: 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM' })
    for (const check of [ofServer, ofClient]) {
      expect(() => check(true)).toThrow(unavailable)
      expect(() => check({ threshold: -1 })).toThrow(wrongRange)
      expect(check(false)).toBeUndefined()
    }
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
