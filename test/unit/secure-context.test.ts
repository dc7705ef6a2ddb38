import { writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createSecureContext, newTicketKeys, readSecureContext, servernameOf } from '../../lib/tls/secure-context.js'
import type { ClientTlsOptions, SecureContextOptions } from '../../lib/types/index.js'
import { makeIdentity, testCa, testIdentity } from '../support/certificates.js'

const ticketKeys = newTicketKeys()
const identity = testIdentity
const { cert, key, certFile, keyFile } = identity
const read = (options: object) => readSecureContext({ cert, key, ...options } as SecureContextOptions, ticketKeys)
const create = (options: object) => createSecureContext(read(options))

describe('readSecureContext', () => {
  test('PEM as text, bytes or file', () => {
    for (const [given, source] of [
      [cert, 'tls.cert'],
      [Buffer.from(cert), 'tls.cert'],
      [new Uint8Array(Buffer.from(cert)), 'tls.cert'],
      [certFile, `the file '${certFile}' (tls.cert)`],
    ] as const) {
      expect(read({ cert: given }).cert).toEqual([{ text: cert, source, passphrase: '' }])
    }
    expect(read({ cert: [cert, certFile], key: [keyFile, key] })).toMatchObject({
      cert: [{ source: 'tls.cert[0]' }, { source: `the file '${certFile}' (tls.cert[1])` }],
      key: [{ text: key }, { text: key, source: 'tls.key[1]' }],
    })
  })

  test('defaults', () => {
    expect(read({})).toEqual({
      cert: [{ text: cert, source: 'tls.cert', passphrase: '' }],
      key: [{ text: key, source: 'tls.key', passphrase: '' }],
      ca: [],
      ciphers: '',
      minVersion: 12,
      maxVersion: 13,
      ALPNProtocols: ['http/1.1'],
      requestCert: false,
      rejectUnauthorized: true,
      sessionTimeout: 300,
      ticketKeys,
    })
  })

  test('ticket keys of its own win', () => {
    const own = newTicketKeys()
    expect(own).toHaveLength(48)
    expect(read({ ticketKeys: own }).ticketKeys).toBe(own)
  })

  test.each([
    [null, 'ERR_INVALID_ARG_TYPE', 'tls must be an object with cert and key, not null'],
    [7, 'ERR_INVALID_ARG_TYPE', 'tls must be an object with cert and key, not a number'],
  ])('%j', (options, code, message) => {
    const wrong = options as unknown as SecureContextOptions
    expect(() => readSecureContext(wrong, ticketKeys)).toThrow(expect.objectContaining({ code, message }))
  })

  test.each([
    [{ cert: undefined }, 'ERR_INVALID_ARG_VALUE', 'a cert, and a key for each: there are 0 cert and 1 key'],
    [{ key: [] }, 'ERR_INVALID_ARG_VALUE', 'there are 1 cert and 0 key'],
    [
      { cert: 7 },
      'ERR_INVALID_ARG_TYPE',
      'tls.cert must be PEM or the name of a file, as a string or Buffer, not a number',
    ],
    [{ key: [null] }, 'ERR_INVALID_ARG_TYPE', 'tls.key[0] must be PEM'],
    [{ ca: {} }, 'ERR_INVALID_ARG_TYPE', 'tls.ca must be PEM'],
    [{ passphrase: 7 }, 'ERR_INVALID_ARG_TYPE', 'tls.passphrase must be a string, not a number'],
    [{ ciphers: ['A'] }, 'ERR_INVALID_ARG_TYPE', 'tls.ciphers must be a string, not an array of 1'],
    [{ minVersion: 'TLSv1.1' }, 'ERR_INVALID_ARG_VALUE', "tls.minVersion is TLSv1.2 or TLSv1.3, not 'TLSv1.1'"],
    [{ maxVersion: 1.3 }, 'ERR_INVALID_ARG_VALUE', 'tls.maxVersion is TLSv1.2 or TLSv1.3, not 1.3'],
    [{ minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' }, 'ERR_INVALID_ARG_VALUE', 'must not be above tls.maxVersion'],
    [{ ALPNProtocols: 'h2' }, 'ERR_INVALID_ARG_TYPE', "tls.ALPNProtocols must be an array of strings, not 'h2'"],
    [{ ALPNProtocols: [7] }, 'ERR_INVALID_ARG_TYPE', 'tls.ALPNProtocols must be an array of strings'],
    [{ requestCert: 1 }, 'ERR_INVALID_ARG_TYPE', 'tls.requestCert must be a boolean, not 1'],
    [{ requestCert: true }, 'ERR_INVALID_ARG_VALUE', 'tls.requestCert needs a ca'],
    [{ rejectUnauthorized: 'no' }, 'ERR_INVALID_ARG_TYPE', "tls.rejectUnauthorized must be a boolean, not 'no'"],
    [{ sessionTimeout: 0 }, 'ERR_OUT_OF_RANGE', 'tls.sessionTimeout must be an integer from 1 to 604800, not 0'],
    [{ sessionTimeout: 604_801 }, 'ERR_OUT_OF_RANGE', 'tls.sessionTimeout'],
    [{ ticketKeys: Buffer.alloc(47) }, 'ERR_INVALID_ARG_TYPE', 'tls.ticketKeys must be a Buffer of 48 bytes'],
    [{ ticketKeys: 'x'.repeat(48) }, 'ERR_INVALID_ARG_TYPE', 'tls.ticketKeys must be a Buffer of 48 bytes'],
    [{ cert: '/no/such.pem' }, 'ENOENT', "the file '/no/such.pem' (tls.cert) cannot be read: ENOENT"],
    [{ key: '/run/secrets/tls_key' }, 'ENOENT', "the file '/run/secrets/tls_key' (tls.key) cannot be read: ENOENT"],
    [{ key: './certs/privkey' }, 'ENOENT', "the file './certs/privkey' (tls.key) cannot be read: ENOENT"],
    [{ minVersion: 'constructor' }, 'ERR_INVALID_ARG_VALUE', "tls.minVersion is TLSv1.2 or TLSv1.3, not 'constructor'"],
    [{ ciphers: 'TLS_AES_128_GCM_SHA256\0X' }, 'ERR_INVALID_ARG_VALUE', 'tls.ciphers must not have a zero byte'],
    [{ passphrase: 'a\0b' }, 'ERR_INVALID_ARG_VALUE', 'tls.passphrase must not have a zero byte'],
    [{ ALPNProtocols: ['a\0b'] }, 'ERR_INVALID_ARG_VALUE', 'tls.ALPNProtocols must not have a zero byte'],
    [
      { ticketKeys: Object.setPrototypeOf({ length: 48 }, Uint8Array.prototype) },
      'ERR_INVALID_ARG_TYPE',
      'tls.ticketKeys must be a Buffer of 48 bytes',
    ],
    [{ key: '/' }, 'EISDIR', "the file '/' (tls.key) cannot be read: EISDIR"],
  ])('%o', (options, code, message) => {
    expect(() => read(options)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }))
  })
})

describe('createSecureContext', () => {
  test('of what is right', async () => {
    expect(create({})).toBeTypeOf('number')
    expect(create({ cert: certFile, key: keyFile, ca: testCa.certFile, requestCert: true })).toBeTypeOf('number')
    const hidden = await makeIdentity({ passphrase: 'open sesame' })
    expect(create({ ...hidden, passphrase: 'open sesame' })).toBeTypeOf('number')
  })

  test('an error has a code, and names what is wrong and why', async () => {
    const hidden = await makeIdentity({ passphrase: 'open sesame' })
    const old = await makeIdentity({ names: ['old'], days: -1 })
    const damaged = await makeIdentity()
    writeFileSync(damaged.certFile, damaged.cert.slice(0, 200))
    const other = await makeIdentity()
    for (const [options, code, message] of [
      [
        { cert: damaged.certFile },
        'ERR_TLS_INVALID_CERT',
        `the file '${damaged.certFile}' (tls.cert) is no certificate in PEM: `,
      ],
      [{ key: certFile }, 'ERR_TLS_INVALID_KEY', `the file '${certFile}' (tls.key) is no private key in PEM: `],
      [
        { key: other.keyFile },
        'ERR_TLS_KEY_MISMATCH',
        `the file '${other.keyFile}' (tls.key) is not the key of the certificate in tls.cert: `,
      ],
      [
        { ...hidden, passphrase: 'open barley' },
        'ERR_TLS_WRONG_PASSPHRASE',
        'the passphrase is not that of the key in tls.key: ',
      ],
      [{ ...hidden }, 'ERR_TLS_WRONG_PASSPHRASE', 'the key in tls.key is encrypted, and there is no passphrase'],
      [
        { cert: old.certFile, key: old.keyFile },
        'ERR_TLS_CERT_HAS_EXPIRED',
        `the certificate of CN = old in the file '${old.certFile}' (tls.cert) expired on 20`,
      ],
      [
        { ca: 'package.json' },
        'ERR_TLS_INVALID_CA',
        "the file 'package.json' (tls.ca) is no list of certificates in PEM: ",
      ],
      [{ ciphers: 'NONSENSE' }, 'ERR_TLS_INVALID_CIPHERS', "ciphers 'NONSENSE' cannot be used: "],
      [{ ALPNProtocols: [''] }, 'ERR_TLS_INVALID_ALPN', "ALPNProtocols has names of 1 to 255 bytes, not ''"],
    ] as const) {
      const expected = { name: 'SecureContextError', code, message: expect.stringContaining(message) }
      expect(() => create(options)).toThrow(expect.objectContaining(expected))
    }
  })
})

describe('no secret gets into a message', () => {
  const secret = key.replace(/-----[^-]*-----/g, '')
  const base64 = secret.replace(/\s/g, '')
  test.each<[string, object]>([
    ['key: { pem } of a wrong type', { key: { pem: [key], passphrase: base64 } }],
    ['key: object of a KeyObject', { key: { key, passphrase: base64 } }],
    ['key: passphrase of a wrong type', { key: [{ pem: key, passphrase: [base64] }] }],
    ['key: without its first line', { key: secret }],
    ['key: base64', { key: base64 }],
    ['key: a short part', { key: base64.slice(0, 20) }],
    ['cert: the key, in base64', { cert: base64 }],
    ['ca: the key, without its first line', { ca: secret }],
    ['key: with a zero byte', { key: `${base64}\0` }],
    ['cert: an object', { cert: { pem: secret } }],
    ['ca: an object', { ca: [{ key: secret }] }],
    ['passphrase', { passphrase: [base64] }],
    ['ticketKeys', { ticketKeys: base64 }],
    ['ALPNProtocols', { ALPNProtocols: { base64 } }],
    ['rejectUnauthorized', { rejectUnauthorized: { base64 } }],
    ['tls itself', [base64, key] as never],
  ])('%s', (_, options) => {
    let error: Error | undefined
    try {
      createSecureContext(
        readSecureContext(Array.isArray(options) ? (options[0] as never) : { cert, key, ...options }, ticketKeys),
      )
    } catch (thrown) {
      error = thrown as Error
    }
    expect(error).toMatchObject({ code: expect.any(String) })
    for (let at = 0; at + 12 < base64.length; at += 12) {
      expect(error?.stack).not.toContain(base64.slice(at, at + 12))
    }
  })
})

describe('a key with its own passphrase, as in Node', () => {
  test.each(['array', 'object'])('in an %s', async (form) => {
    const hidden = await makeIdentity({ passphrase: 'open sesame' })
    const as = (pem: string | Buffer, passphrase?: string) => {
      const one = passphrase === undefined ? { pem } : { pem, passphrase }
      return { ...hidden, key: form === 'array' ? [one] : one }
    }
    expect(create(as(hidden.key, 'open sesame'))).toBeTypeOf('number')
    expect(create(as(Buffer.from(hidden.key), 'open sesame'))).toBeTypeOf('number')
    expect(create(as(hidden.keyFile, 'open sesame'))).toBeTypeOf('number')
    expect(create({ ...as(hidden.key), passphrase: 'open sesame' })).toBeTypeOf('number')
    expect(create({ ...as(hidden.key, 'open sesame'), passphrase: 'of another' })).toBeTypeOf('number')
    const wrong = { code: 'ERR_TLS_WRONG_PASSPHRASE' }
    expect(() => create(as(hidden.key, 'open barley'))).toThrow(expect.objectContaining(wrong))
    expect(() => create(as(hidden.key))).toThrow(expect.objectContaining(wrong))
  })

  test('several, each its own', async () => {
    const one = await makeIdentity({ passphrase: 'one' })
    const two = await makeIdentity({ passphrase: 'two', rsa: true })
    const keys = [
      { pem: one.key, passphrase: 'one' },
      { pem: two.key, passphrase: 'two' },
    ]
    expect(create({ cert: [one.cert, two.cert], key: keys })).toBeTypeOf('number')
  })
})

describe('servernameOf', () => {
  const of = (servername: unknown) => servernameOf({ servername } as ClientTlsOptions)
  test.each([undefined, '', 'localhost', 'a_b.example', 'localhost.', '127.1', '::1', 'x'.repeat(255)])(
    '%j',
    (name) => {
      expect(of(name)).toBe(name)
    },
  )
  test.each([false, null, 0, 123, {}, ['a']])('%j is of a wrong type', (name) => {
    expect(() => of(name)).toThrow(expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' }))
  })
  test.each(['a\0.b', '.example', '.', 'ü.example', 'a b', 'a\n', 'x'.repeat(256)])('%j is no name', (name) => {
    expect(() => of(name)).toThrow(expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' }))
  })
})
