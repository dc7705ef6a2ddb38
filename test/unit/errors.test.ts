import { describe, expect, test } from 'vitest'
import { invalidArgument, invalidState, invalidValue, outOfRange } from '../../lib/base/errors.js'
import { native } from '../../lib/bridge/native.js'
import { listenError } from '../../lib/server/listen-error.js'
import { protocolError, systemError, tlsHandshakeError } from '../../lib/turn/connection-errors.js'

const EADDRINUSE = 98
const EACCES = 13

test("errors of Node's kinds have Node's codes", () => {
  expect(invalidArgument('why')).toBeInstanceOf(TypeError)
  expect(invalidArgument('why')).toMatchObject({ message: 'why', code: 'ERR_INVALID_ARG_TYPE' })
  expect(invalidValue('why')).toBeInstanceOf(TypeError)
  expect(invalidValue('why')).toMatchObject({ message: 'why', code: 'ERR_INVALID_ARG_VALUE' })
  expect(outOfRange('why')).toBeInstanceOf(RangeError)
  expect(outOfRange('why')).toMatchObject({ message: 'why', code: 'ERR_OUT_OF_RANGE' })
})

describe('protocolError', () => {
  test('has the code of its kind and the reason as message', () => {
    const kind = native.protocolErrorCodes.indexOf('WS_ERR_INVALID_UTF8')
    expect(kind).toBeGreaterThan(0)
    const error = protocolError(kind, 'why')
    expect(error).toBeInstanceOf(Error)
    expect([error.code, error.message]).toEqual(['WS_ERR_INVALID_UTF8', 'why'])
  })

  test('every kind has a code of the same form', () => {
    for (const code of native.protocolErrorCodes.slice(1)) expect(code).toMatch(/^WS_ERR_[A-Z0-9_]+$/)
    expect(native.protocolErrorCodes.length).toBeGreaterThan(10)
  })
})

test('invalidState is an Error with the code of Node', () => {
  expect(invalidState('why')).toMatchObject({ name: 'Error', message: 'why', code: 'ERR_INVALID_STATE' })
})

test('systemError has the name and number that Node uses', () => {
  const error = systemError(104)
  expect(error).toMatchObject({ code: 'ECONNRESET', errno: -104 })
  expect(error.message).toContain('ECONNRESET')
})

test.each([
  [0, 'TLS failed: no shared cipher', 'ERR_SSL_NO_SHARED_CIPHER', 'TLS failed: no shared cipher'],
  [0, 'TLS failed: certificate verify failed (CERT_REVOKED)', 'CERT_REVOKED', /CERT_REVOKED/],
  [104, '', 'ECONNRESET', 'the TLS handshake failed: ECONNRESET'],
])('tlsHandshakeError has the code that Node uses: %d %s', (errno, reason, code, message) => {
  expect(tlsHandshakeError(errno, reason)).toMatchObject({ code, message: expect.stringMatching(message) })
})

describe('listenError', () => {
  test('one port', () => {
    const error = listenError('127.0.0.1', [{ port: 80, errno: EACCES }])
    expect(error.message).toBe('listen EACCES: permission denied (port 80 of 127.0.0.1)')
    expect(error).toMatchObject({
      code: 'EACCES',
      errno: -EACCES,
      syscall: 'listen',
      address: '127.0.0.1',
      port: 80,
      ports: [80],
    })
  })

  test('several ports for several reasons, in their order', () => {
    const error = listenError('::', [
      { port: 8080, errno: EADDRINUSE },
      { port: 80, errno: EACCES },
      { port: 8081, errno: EADDRINUSE },
    ])
    expect(error.message).toBe(
      'listen EADDRINUSE: address already in use (ports 8080, 8081 of ::); EACCES: permission denied (port 80 of ::)',
    )
    expect(error).toMatchObject({ code: 'EADDRINUSE', port: 8080, ports: [8080, 80, 8081] })
  })

  test('a reason without words of ours has its code', () => {
    expect(listenError('::', [{ port: 1, errno: 22 }]).message).toBe('listen EINVAL (port 1 of ::)')
  })
})
