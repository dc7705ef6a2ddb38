import { inspect } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import { handlersOf, memberOf, ownOption, ownOptions } from '../../lib/base/own-properties.js'
import { checkConnectOptions } from '../../lib/client/connect-options.js'
import { ReconnectingSocket } from '../../lib/client/reconnecting-socket.js'
import { checkRequestOptions } from '../../lib/client/upgrade-request.js'
import { encodeResponse } from '../../lib/http/response.js'
import { checkServeOptions } from '../../lib/server/serve-options.js'
import { serve } from '../../lib/server/server.js'
import { readClientContext, readSecureContext, servernameOf } from '../../lib/tls/secure-context.js'
import { testCa, testIdentity } from '../support/certificates.js'

const root = Object.prototype as unknown as Record<string, unknown>
const put: string[] = []

/** As a merge of JSON with "__proto__" does it. */
function pollute(properties: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(properties)) {
    put.push(name)
    root[name] = value
  }
}
afterEach(() => {
  for (const name of put.splice(0)) delete root[name]
})

class Base {
  secret = 'own'
  inherited() {
    return this.secret
  }
}
class Derived extends Base {
  get asked() {
    return 'getter'
  }
}

test('options with secrets are not shown by inspect', async () => {
  const secret = {
    tls: { ca: testCa.cert, cert: testIdentity.cert, key: testIdentity.key },
    headers: { Cookie: 'secret' },
  }
  const socket = new ReconnectingSocket('ws://127.0.0.1:1/?secret', secret)
  const server = await serve({ port: 0, host: '127.0.0.1', ...secret })
  for (const it of [socket, server]) {
    const text = inspect(it, { depth: 9, showHidden: true })
    expect(text).not.toMatch(/secret|PRIVATE/)
  }
  socket.close()
  await server.close()
})

test('ownOptions copies what is the object’s own, and asks a getter once', () => {
  let asked = 0
  const given = Object.create({ inherited: 1 }, { own: { enumerable: true, get: () => ++asked } })
  const own = ownOptions(given as { own: number; inherited?: number })
  expect([own.own, own.own, own.inherited]).toEqual([1, 1, undefined])
  expect(Object.getPrototypeOf(own)).toBe(null)
  expect(ownOption({ fin: false }, 'fin', false)).toBe(false)
  expect(ownOption(Object.create({ fin: false }), 'fin', false)).toBeUndefined()
})

test('memberOf finds what the class has, and not what Object.prototype has', () => {
  pollute({ polluted: 1 })
  const it = new Derived()
  expect(memberOf(it, 'secret')).toBe('own')
  expect(memberOf(it, 'asked')).toBe('getter')
  expect(memberOf(it, 'inherited')).toBeTypeOf('function')
  for (const name of ['polluted', 'toString', 'hasOwnProperty']) expect(memberOf(it, name)).toBeUndefined()
  expect(memberOf(Object.assign(Object.create(null), { polluted: 2 }), 'polluted')).toBe(2)
})

describe('handlersOf', () => {
  test('is what was given, as a rule', () => {
    const given = new Derived()
    expect(handlersOf(given, ['inherited', 'none'])).toBe(given)
  })

  test('is without what Object.prototype has, and `this` stays the object', () => {
    pollute({ message: 'no function' })
    const given = new Derived()
    const handlers = handlersOf(given, ['inherited', 'message']) as unknown as Record<string, unknown>
    expect(handlers.message).toBeUndefined()
    expect((handlers.inherited as () => string)()).toBe('own')
  })
})

describe('with everything on Object.prototype', () => {
  const wrong = {
    rejectUnauthorized: false,
    servername: 'evil',
    ca: 7,
    cert: 7,
    passphrase: 7,
    pem: 7,
    minVersion: 'SSLv3',
    ciphers: 7,
    ALPNProtocols: 7,
    requestCert: 7,
    sessionTimeout: 7.5,
    ticketKeys: 7,
    maxPayload: 1,
    perMessageDeflate: true,
    level: 9.5,
    threshold: 7.5,
    zlibDeflateOptions: 7,
    followRedirects: true,
    origin: 'evil',
    localAddress: 7,
    protocols: ['evil'],
    headers: { evil: 'x' },
    signal: 7,
    message: 7,
    upgrade: () => true,
    status: 599,
    body: 'evil',
  }

  test('options are their defaults', () => {
    const { cert, key } = testIdentity
    const before = [
      readSecureContext({ cert, key }, Buffer.alloc(48)),
      readClientContext({}),
      checkServeOptions({ port: 0 }),
      checkServeOptions({ port: 0, perMessageDeflate: {} }),
      checkServeOptions({ port: 0, perMessageDeflate: true }),
      checkConnectOptions({}).native,
      checkRequestOptions(ownOptions({})),
    ]
    pollute(wrong)
    expect([
      readSecureContext({ cert, key: [{ pem: key }] }, Buffer.alloc(48)),
      readClientContext({}),
      checkServeOptions({ port: 0 }),
      checkServeOptions({ port: 0, perMessageDeflate: {} }),
      checkServeOptions({ port: 0, perMessageDeflate: true }),
      checkConnectOptions({}).native,
      checkRequestOptions(ownOptions({})),
    ]).toEqual([
      { ...(before[0] as object), key: [{ text: key, source: 'tls.key[0].pem', passphrase: '' }] },
      ...before.slice(1),
    ])
    expect(servernameOf({})).toBeUndefined()
    expect(encodeResponse({ status: 404 })).toEqual({ status: 404, payload: Buffer.from('\r\n') })
    const socket = new ReconnectingSocket('ws://127.0.0.1:1')
    expect(socket.send('x')).toBe('refused')
    socket.close()
  })
})
