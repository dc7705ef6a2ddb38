// A server that speaks TLS, and its clients: versions, certificates, resumption, and each way it can end.

import { spawn, spawnSync } from 'node:child_process'
import { createHash, randomBytes, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { get, request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { type Request, type SecureContextOptions, serve, type TlsInfo } from 'ntyws'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Identity, makeIdentity, testCa, testIdentity } from '../support/certificates.js'
import { Queue } from '../support/queue.js'
import { RawClient, upgradeRequest } from '../support/raw-client.js'
import { startEcho, startServer } from '../support/test-server.js'
import { openTls, refusalOf } from '../support/tls-client.js'
import { tls } from '../support/transport.js'
import { WsClient } from '../support/ws-client.js'

const over = await tls()
const ca = testCa.cert

/** An echo server, and what it is told of TLS by each request that wants in. */
async function startTls(options: Partial<SecureContextOptions> = {}) {
  const { cert, key } = testIdentity
  const requests = new Queue<TlsInfo | undefined>()
  const started = await startEcho({
    tls: { cert, key, ...options },
    upgrade({ tls }: Request) {
      requests.push(tls)
    },
  })
  return { ...started, url: `wss://localhost:${started.port}`, requests }
}

const open = (url: string, options = {}) => WsClient.open(url, [], { ca, ...options })

describe('ws over wss', () => {
  test.each(['TLSv1.2', 'TLSv1.3'] as const)('%s', async (version) => {
    const { url, requests } = await startTls()
    const client = await open(url, { minVersion: version, maxVersion: version })
    client.send('hello')
    expect(await client.next()).toBe('hello')
    const large = randomBytes(16 * 1024 * 1024)
    client.send(large)
    expect(large.equals((await client.next()) as Buffer)).toBe(true)
    expect(await requests.next()).toMatchObject({
      protocol: version,
      servername: 'localhost',
      sessionReused: false,
      peerCertificate: undefined,
      authorized: false,
      authorizationError: undefined,
    })
    client.socket.close(1000)
    expect((await client.closed).code).toBe(1000)
  })

  test('the server is whom its certificate says', async () => {
    const { url } = await startTls()
    await expect(open(url, { ca: undefined })).rejects.toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
    await expect(open(url, { servername: 'example.org' })).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    })
  })

  test('certificates and keys of two kinds', async () => {
    const rsa = await makeIdentity({ issuer: testCa, rsa: true })
    const { cert, key } = testIdentity
    const { url, requests } = await startTls({ cert: [cert, rsa.cert], key: [key, rsa.key] })
    for (const kind of ['ECDSA', 'RSA']) {
      await open(url, { maxVersion: 'TLSv1.2', ciphers: `ECDHE-${kind}-AES128-GCM-SHA256` })
      expect((await requests.next())?.cipher).toBe(`TLS_ECDHE_${kind}_WITH_AES_128_GCM_SHA256`)
    }
  })
})

const haveOpenssl = spawnSync('openssl', ['version']).status === 0
const openssl = haveOpenssl
  ? 'openssl s_client'
  : 'openssl s_client (skipped: there is no openssl; apt-get install openssl)'

describe.skipIf(!haveOpenssl && !process.env.CI)(openssl, () => {
  const run = async (port: number, args: string[], input: string) => {
    const child = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, ...args])
    onTestFinished(() => void child.kill())
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
    child.stdin.on('error', () => {})
    child.stdin.write(input)
    await once(child, 'close')
    return output
  }

  test('gets a page and close_notify', async () => {
    const { port } = await startServer({ ...over.server, request: () => ({ status: 200, body: 'a page' }) })
    const output = await run(port, ['-ign_eof', '-CAfile', testCa.certFile], 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(output).toContain('Verify return code: 0 (ok)')
    expect(output).toContain('a page')
    expect(output).toContain('closed')
    expect(output).not.toMatch(/unexpected eof|errno/)
  })

  test('compression and renegotiation are not to be had', async () => {
    const { port } = await startTls()
    const output = await run(port, ['-tls1_2'], 'R\n')
    expect(output).toContain('Compression: NONE')
    expect(output).toMatch(/no renegotiation/i)
  })
})

describe('clients that are refused', () => {
  test('those with old versions and weak ciphers', async () => {
    const { port, server } = await startTls()
    const weak = { ciphers: 'ALL:@SECLEVEL=0', minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } as const
    expect(await refusalOf(port, weak)).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION')
    const noForwardSecrecy = { ciphers: 'AES128-GCM-SHA256', maxVersion: 'TLSv1.2' } as const
    expect(await refusalOf(port, noForwardSecrecy)).toBe('ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE')
    expect(server.stats()).toMatchObject({ refused: 2, accepted: 0 })
  })

  test('those below minVersion, and above maxVersion', async () => {
    const newest = await startTls({ minVersion: 'TLSv1.3' })
    expect(await refusalOf(newest.port, { maxVersion: 'TLSv1.2' })).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION')
    const older = await startTls({ maxVersion: 'TLSv1.2' })
    expect(await refusalOf(older.port, { minVersion: 'TLSv1.3' })).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION')
    expect((await openTls(older.port)).socket.getProtocol()).toBe('TLSv1.2')
  })

  test('those that share no cipher with the option', async () => {
    const { port } = await startTls({ ciphers: 'TLS_AES_256_GCM_SHA384' })
    expect((await openTls(port)).socket.getCipher().name).toBe('TLS_AES_256_GCM_SHA384')
    expect(await refusalOf(port, { ciphers: 'TLS_AES_128_GCM_SHA256' })).toBe('ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE')
  })

  test('those that speak none of the protocols', async () => {
    const { port, requests } = await startTls()
    expect(await refusalOf(port, { ALPNProtocols: ['h2'] })).toBe('ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL')
    const { socket } = await openTls(port, { ALPNProtocols: ['h2', 'http/1.1'] })
    expect(socket.alpnProtocol).toBe('http/1.1')
    socket.write(upgradeRequest())
    expect((await requests.next())?.alpnProtocol).toBe('http/1.1')
  })
})

describe('what is no TLS', () => {
  const overTcp = { scheme: 'ws', server: {}, client: undefined } as const
  const plainClient = (port: number) => RawClient.connect(port, '127.0.0.1', overTcp)

  test('HTTP gets a 400 that says so', async () => {
    const { port } = await startTls()
    const client = await plainClient(port)
    client.write(upgradeRequest())
    const { status, body } = await client.readResponse()
    expect([status, body]).toEqual([400, 'this port speaks TLS: use https: or wss:\n'])
  })

  test.each([
    ['noise', randomBytes(1000).fill(0x7f, 0, 1)],
    ['an SSH client', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n')],
    ['a handshake record with nothing in it', Buffer.from('160301000400000000', 'hex')],
    ['a record that is too long', Buffer.from('16030150000100', 'hex')],
    ['an alert', Buffer.from('15030100020228', 'hex')],
  ])('%s ends the connection at once', async (_, bytes) => {
    const { port, server } = await startTls()
    const client = await plainClient(port)
    client.write(bytes)
    await client.readToEnd()
    expect(client.error).toBeUndefined()
    expect(server.stats().refused).toBe(1)
  })

  test('TLS on a plain port gets a quick end', async () => {
    const { port } = await startServer({ tls: undefined as never })
    expect(await refusalOf(port, {})).toMatch(/ERR_SSL_WRONG_VERSION_NUMBER|EPROTO/)
  })
})

describe('slow handshakes', () => {
  test('a byte at a time', async () => {
    const { port, url } = await startTls()
    // A relay that cuts what the client sends into bytes.
    const { createServer } = await import('node:net')
    const relay = createServer((inner) => {
      const outer = connect(port, '127.0.0.1')
      outer.setNoDelay(true)
      outer.pipe(inner)
      let sending = Promise.resolve()
      inner.on('data', (chunk) => {
        sending = sending.then(async () => {
          for (const byte of chunk) {
            outer.write(Buffer.from([byte]))
            await new Promise(setImmediate)
          }
        })
      })
      for (const socket of [inner, outer]) socket.on('error', () => {})
    }).listen(0)
    onTestFinished(() => void relay.close())
    const client = await open(url.replace(/\d+$/, String((relay.address() as { port: number }).port)))
    client.send('hello')
    expect(await client.next()).toBe('hello')
    client.socket.terminate()
  })

  test('end with the handshake timeout', async () => {
    const { port, server } = await startEcho({ ...over.server, handshakeTimeout: 100 })
    const silent = connect(port, '127.0.0.1')
    await once(silent.resume(), 'end')
    // TLS is done, but no request comes.
    const { socket } = await openTls(port)
    const chunks: Buffer[] = []
    socket.on('data', (chunk) => chunks.push(chunk))
    await once(socket, 'end')
    expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1.1 408 /)
    expect(server.stats().refused).toBe(2)
  })
})

describe('the end of a connection', () => {
  test('by close_notify alone', async () => {
    const { port, closed } = await startEcho(over.server)
    const client = await RawClient.open(port, {}, over)
    client.socket.end()
    expect(await closed.next()).toMatchObject({
      code: 1006,
      reason: 'the peer ended the connection without a close frame',
    })
    await client.readToEnd()
    expect(client.error).toBeUndefined()
  })

  test('by close_notify right behind a message', async () => {
    const { port, closed, messages } = await startEcho(over.server)
    const client = await RawClient.open(port, {}, over)
    client.send('last')
    client.socket.end()
    expect((await messages.next()).data).toBe('last')
    expect(await closed.next()).toMatchObject({ code: 1006 })
  })

  test('cut off, without close_notify', async () => {
    const { port, closed } = await startEcho(over.server)
    const client = await RawClient.open(port, {}, over)
    client.endTcp()
    expect(await closed.next()).toMatchObject({
      code: 1006,
      reason: 'TLS was cut off: the connection ended without close_notify',
    })
  })

  test('by a record that was tampered with', async () => {
    const { port, closed, errors } = await startEcho(over.server)
    const client = await RawClient.open(port, {}, over)
    client.writeTcp(Buffer.concat([Buffer.from('1703030020', 'hex'), randomBytes(32)]))
    expect(await closed.next()).toMatchObject({
      code: 1006,
      reason: 'TLS failed: decryption failed or bad record mac',
    })
    expect(await errors.next()).toMatchObject({ code: 'ERR_TLS_FAILED' })
    await client.readToEnd()
    expect(client.error).toBe('ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC')
  })

  test('ours says close_notify', async () => {
    const { port, opened } = await startEcho(over.server)
    const client = await RawClient.open(port, {}, over)
    ;(await opened.next()).close(1000)
    await client.readFrame()
    client.write(Buffer.from('888003e80000', 'hex'))
    // Node takes an end without it for one as well, so the bytes are looked at by s_client above.
    await client.readToEnd()
    expect(client.error).toBeUndefined()
  })
})

describe('resumption', () => {
  async function visit(port: number, requests: Queue<TlsInfo | undefined>, session?: Buffer) {
    const client = await openTls(port, { ...(session && { session }), ...version })
    client.socket.write(upgradeRequest())
    const info = await requests.next()
    // In TLS 1.2 a session that is resumed goes on with the ticket it has.
    if (session === undefined) await expect.poll(() => client.session).toBeDefined()
    client.socket.destroy()
    return { resumed: info?.sessionReused, session: client.session as Buffer }
  }
  let version = {}

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('on every port, and after a change of certificate: %s', async (name) => {
    version = { maxVersion: name, minVersion: name }
    const { cert, key } = testIdentity
    const requests = new Queue<TlsInfo | undefined>()
    const server = await serve({
      port: [0, 0],
      host: '127.0.0.1',
      tls: { cert, key },
      upgrade({ tls }) {
        requests.push(tls)
      },
    })
    onTestFinished(() => server.close())
    const [first, second] = server.ports as [number, number]
    const { resumed, session } = await visit(first, requests)
    expect(resumed).toBe(false)
    expect((await visit(first, requests, session)).resumed).toBe(true)
    expect((await visit(second, requests, session)).resumed).toBe(true)
    await server.setSecureContext()
    expect((await visit(second, requests, session)).resumed).toBe(true)
    await server.setSecureContext({ cert, key, ticketKeys: randomBytes(48) })
    expect((await visit(first, requests, session)).resumed).toBe(false)
  })

  test('with the same ticketKeys by another server', async () => {
    version = {}
    const ticketKeys = randomBytes(48)
    const one = await startTls({ ticketKeys })
    const other = await startTls({ ticketKeys })
    const { session } = await visit(one.port, one.requests)
    expect((await visit(other.port, other.requests, session)).resumed).toBe(true)
  })

  test('for sessionTimeout', async () => {
    version = {}
    const { port, requests } = await startTls({ sessionTimeout: 1 })
    const { session } = await visit(port, requests)
    expect((await visit(port, requests, session)).resumed).toBe(true)
    await new Promise((resolve) => setTimeout(resolve, 2100))
    expect((await visit(port, requests, session)).resumed).toBe(false)
  })
})

describe('several host names', () => {
  const nameSeen = async (port: number, servername: string) =>
    (await openTls(port, { servername, rejectUnauthorized: false })).socket.getPeerCertificate().subject.CN

  test('each has its certificate, with wildcards', async () => {
    const { port, server } = await startTls()
    const identity = (name: string) => makeIdentity({ names: [name], issuer: testCa })
    await server.setSecureContext(await identity('a.example'), 'a.example')
    await server.setSecureContext(await identity('*.b.example'), '*.B.example')
    expect(await nameSeen(port, 'a.example')).toBe('a.example')
    expect(await nameSeen(port, 'A.EXAMPLE')).toBe('a.example')
    expect(await nameSeen(port, 'x.b.example')).toBe('*.b.example')
    expect(await nameSeen(port, 'x.y.b.example')).toBe('localhost')
    expect(await nameSeen(port, 'b.example')).toBe('localhost')
    expect(await nameSeen(port, '')).toBe('localhost')
  })
})

describe('a change of certificate', () => {
  test('is for new connections; open ones stay', async () => {
    const { port, url, server } = await startTls()
    const before = await open(url)
    const next = await makeIdentity({ names: ['localhost', 'renewed'], issuer: testCa })
    await server.setSecureContext({ cert: next.cert, key: next.key })
    const { socket } = await openTls(port)
    expect(socket.getPeerCertificate().fingerprint256).toBe(new X509Certificate(next.cert).fingerprint256)
    before.send('still here')
    expect(await before.next()).toBe('still here')
  })

  test('files are read again', async () => {
    const { certFile: cert, keyFile: key } = await makeIdentity({ issuer: testCa })
    const { port, server } = await startTls({ cert, key })
    const renewed = await makeIdentity({ issuer: testCa })
    writeFileSync(cert, renewed.cert)
    writeFileSync(key, renewed.key)
    await server.setSecureContext()
    const { socket } = await openTls(port)
    expect(socket.getPeerCertificate().fingerprint256).toBe(new X509Certificate(renewed.cert).fingerprint256)
  })

  test('files of host names are read again with all others, or none is', async () => {
    const make = () => makeIdentity({ issuer: testCa })
    const [byDefault, named] = [await make(), await make()]
    const files = ({ certFile, keyFile }: Identity) => ({ cert: certFile, key: keyFile })
    const { port, server } = await startTls(files(byDefault))
    await server.setSecureContext(files(named), 'Named.example')
    const fingerprint = async (servername: string) =>
      (await openTls(port, { servername, rejectUnauthorized: false })).socket.getPeerCertificate().fingerprint256
    const seen = async () => [await fingerprint('localhost'), await fingerprint('named.example')]
    const of = (...identities: Identity[]) => identities.map(({ cert }) => new X509Certificate(cert).fingerprint256)
    expect(await seen()).toEqual(of(byDefault, named))

    const renewed = [await make(), await make()] as const
    const renew = (old: Identity, next: Identity) => {
      writeFileSync(old.certFile, next.cert)
      writeFileSync(old.keyFile, next.key)
    }
    renew(byDefault, renewed[0])
    writeFileSync(named.certFile, renewed[1].cert)
    await expect(server.setSecureContext()).rejects.toMatchObject({ code: 'ERR_TLS_KEY_MISMATCH' })
    expect(await seen()).toEqual(of(byDefault, named))
    renew(named, renewed[1])
    await server.setSecureContext()
    expect(await seen()).toEqual(of(...renewed))

    const last = await make()
    renew(byDefault, last)
    await server.setSecureContext(undefined, 'NAMED.example.')
    expect(await seen()).toEqual(of(...renewed))
    await server.setSecureContext(undefined, '')
    expect(await seen()).toEqual(of(last, renewed[1]))
  })

  test('one that is wrong changes nothing', async () => {
    const { port, server } = await startTls()
    const { cert } = await makeIdentity()
    await expect(server.setSecureContext({ cert, key: testIdentity.key })).rejects.toMatchObject({
      code: 'ERR_TLS_KEY_MISMATCH',
    })
    await openTls(port)
    await expect(server.setSecureContext(undefined, 'nobody')).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' })
    await expect(server.setSecureContext(testIdentity, 7 as never)).rejects.toMatchObject({
      code: 'ERR_INVALID_ARG_TYPE',
    })
  })

  test('is not for servers without TLS, nor for closed ones', async () => {
    const plain = await serve({ port: 0, host: '127.0.0.1' })
    await expect(plain.setSecureContext(testIdentity)).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' })
    await plain.close()
    const { server } = await startTls()
    await server.close()
    await expect(server.setSecureContext(testIdentity)).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' })
  })
})

describe('certificates of clients', async () => {
  const known = await makeIdentity({ names: ['somebody'], issuer: testCa })
  const unknown = await makeIdentity({ names: ['nobody'] })
  const expired = await makeIdentity({ names: ['somebody once'], issuer: testCa, days: -1 })
  const shown = ({ cert, key }: Identity) => ({ cert, key })

  test('are wanted, and told of', async () => {
    const { url, requests, port } = await startTls({ ca, requestCert: true })
    await open(url, shown(known))
    const info = (await requests.next()) as TlsInfo
    expect(info).toMatchObject({ authorized: true, authorizationError: undefined })
    const certificate = info.peerCertificate as X509Certificate
    expect(certificate.subject).toBe('CN=somebody')
    expect(certificate.issuer).toBe('CN=ntyws test CA')
    expect(certificate.raw).toEqual(new X509Certificate(known.cert).raw)
    expect(certificate.fingerprint256.replaceAll(':', '').toLowerCase()).toBe(
      createHash('sha256').update(certificate.raw).digest('hex'),
    )
    expect(info.peerCertificate).toBe(certificate)
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const at = { minVersion: version, maxVersion: version }
      const none = {
        'TLSv1.2': 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
        'TLSv1.3': 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
      }
      expect(await refusalOf(port, at)).toBe(none[version])
      expect(await refusalOf(port, { ...shown(unknown), ...at })).toBe('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA')
      expect(await refusalOf(port, { ...shown(expired), ...at })).toBe('ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED')
    }
    expect(requests.size).toBe(0)
  })

  test('are left to upgrade with rejectUnauthorized: false', async () => {
    const { url, requests } = await startTls({ ca, requestCert: true, rejectUnauthorized: false })
    await open(url)
    expect(await requests.next()).toMatchObject({ authorized: false, peerCertificate: undefined })
    await open(url, shown(unknown))
    expect(await requests.next()).toMatchObject({
      authorized: false,
      authorizationError: 'DEPTH_ZERO_SELF_SIGNED_CERT',
      peerCertificate: { subject: 'CN=nobody' },
    })
    await open(url, shown(expired))
    expect(await requests.next()).toMatchObject({ authorized: false, authorizationError: 'CERT_HAS_EXPIRED' })
  })

  test('are known of resumed sessions too', async () => {
    const { port, requests } = await startTls({ ca, requestCert: true })
    const first = await openTls(port, shown(known))
    first.socket.write(upgradeRequest())
    await requests.next()
    await expect.poll(() => first.session).toBeDefined()
    const second = await openTls(port, { ...shown(known), session: first.session as Buffer })
    second.socket.write(upgradeRequest())
    expect(await requests.next()).toMatchObject({
      sessionReused: true,
      authorized: true,
      peerCertificate: { subject: 'CN=somebody' },
    })
  })
})

// Once, whoever was let in as `public` could ask for `admin`: only the name of TLS was held against the certificate.
test.each([null, false, '', 0])('tls: %j is no server without TLS', async (tls) => {
  const error = await serve({ port: 0, tls: tls as never }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' })
})

describe('certificates of clients by host name', async () => {
  const known = await makeIdentity({ names: ['somebody'], issuer: testCa })
  const { cert, key } = known
  const named = (name: string) => makeIdentity({ names: [name], issuer: testCa })

  async function start(hosts: Record<string, Partial<SecureContextOptions>>, others = {}) {
    const asked = new Queue<string>()
    const { port, server } = await startServer({
      tls: { cert: testIdentity.cert, key: testIdentity.key, ...others },
      upgrade: ({ headers }) => asked.push(headers.host ?? 'none'),
      request: ({ headers }) => ({ status: asked.push(headers.host ?? 'none') ?? 200 }),
    })
    for (const [name, options] of Object.entries(hosts)) {
      await server.setSecureContext({ ...(await named(name)), ...options }, name)
    }
    const statusOf = async (servername: string, request: string, options = {}) => {
      const client = await RawClient.connect(port, '127.0.0.1', {
        ...over,
        client: { ca, servername, checkServerIdentity: () => undefined, ...options } as { ca: string },
      })
      client.write(request)
      return (await client.readHead()).status
    }
    return { port, server, asked, statusOf }
  }
  const upgrade = (Host: string, target = '/') => upgradeRequest({ target, headers: { Host } })
  const plain = (host: string) => `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`
  const wanted = { ca, requestCert: true }

  test.each([
    'admin.example',
    'ADMIN.example',
    'admin.example.',
    'admin.example:443',
    'Admin.Example.:8443',
    'x.intern.example',
    // What some read as one of those.
    '%61dmin.example',
    'admin.example@',
    'a@admin.example',
    'admin.example:443:443',
    'admin.example, public.example',
    '\uff41dmin.example',
    'admin.example\\.public.example',
    '[admin.example]',
    '*.intern.example',
  ])('who is let in as another is not as %s', async (host) => {
    const { asked, statusOf } = await start({
      'admin.example': wanted,
      '*.intern.example': wanted,
      'public.example': {},
    })
    for (const servername of ['public.example', '', 'unknown.example']) {
      expect(await statusOf(servername, upgrade(host))).toBe(421)
      expect(await statusOf(servername, plain(host))).toBe(421)
    }
    // A whole URL as the target is another word for it.
    if (/^[\w.:]+$/.test(host)) {
      expect(await statusOf('public.example', upgrade('public.example', `https://${host}/`))).toBe(421)
    }
    expect(asked.size).toBe(0)
  })

  test('who asks in TLS and in HTTP for the same is let in', async () => {
    const { server, asked, statusOf } = await start({
      'admin.example': wanted,
      '*.intern.example': wanted,
      'public.example': {},
    })
    const shown = { cert, key }
    expect(await statusOf('admin.example', upgrade('ADMIN.example.:1'), shown)).toBe(101)
    expect(await statusOf('a.intern.example', upgrade('b.intern.example'), shown)).toBe(101)
    expect(await statusOf('public.example', upgrade('public.example'))).toBe(101)
    expect(await statusOf('public.example', upgrade('public.example', 'https://public.example:7/a'))).toBe(101)
    expect(await statusOf('public.example', plain('public.example'))).toBe(200)
    // Whoever asks for no name is as good as any that there is no context for.
    for (const host of ['127.0.0.1', '[::1]:8443', 'unknown.example', '']) {
      expect(await statusOf('', upgrade(host))).toBe(101)
    }
    expect(await statusOf('', 'GET / HTTP/1.0\r\n\r\n')).toBe(200)
    expect(asked.size).toBe(10)
    expect(server.stats().refused).toBe(0)
  })

  test('also where all are asked but those of one name', async () => {
    const { statusOf } = await start({ 'public.example': {} }, wanted)
    expect(await statusOf('public.example', upgrade('public.example'))).toBe(101)
    expect(await statusOf('public.example', upgrade('localhost'))).toBe(421)
    expect(await statusOf('public.example', 'GET / HTTP/1.0\r\n\r\n')).toBe(421)
    expect(await statusOf('localhost', upgrade('localhost'), { cert, key })).toBe(101)
  })

  test('a context that is renewed during the handshake is the same, a new one is not', async () => {
    const { port, server } = await start({ 'admin.example': wanted, 'public.example': {} })
    const shown = { client: { ca, servername: 'admin.example', checkServerIdentity: () => undefined, cert, key } }
    const client = await RawClient.connect(port, '127.0.0.1', { ...over, ...shown } as typeof over)
    const early = await openTls(port, { servername: 'new.example', checkServerIdentity: () => undefined })
    await server.setSecureContext()
    await server.setSecureContext({ ...(await named('new.example')), ...wanted }, 'new.example')
    client.write(upgrade('admin.example'))
    expect((await client.readHead()).status).toBe(101)
    early.socket.write(upgrade('new.example'))
    const [answer] = await once(early.socket, 'data')
    expect(answer.toString()).toContain('HTTP/1.1 421 Misdirected Request')
  })

  test('nobody minds where no name asks for certificates, or all names share one context', async () => {
    const none = await start({ 'a.example': {}, 'b.example': {} })
    expect(await none.statusOf('a.example', upgrade('b.example'))).toBe(101)
    const one = await start({}, wanted)
    expect(await one.statusOf('a.example', upgrade('b.example'), { cert, key })).toBe(101)
  })
})

describe('https', () => {
  test('request handlers know of TLS', async () => {
    const { port } = await startServer({
      ...over.server,
      request: ({ tls: info, path }) => ({ status: 200, body: `${path} ${info?.protocol}` }),
    })
    const [response] = await once(get(`https://localhost:${port}/page`, { ca }), 'response')
    let body = ''
    for await (const chunk of response) body += chunk
    expect([response.statusCode, body]).toEqual([200, '/page TLSv1.3'])
  })

  test('a refused upgrade', async () => {
    const { port } = await startServer({ ...over.server, upgrade: () => false })
    const asked = httpsRequest(`https://localhost:${port}/`, {
      ca,
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': randomBytes(16).toString('base64'),
      },
    }).end()
    const [response] = await once(asked, 'response')
    expect(response.statusCode).toBe(403)
    response.resume()
    await once(response, 'end')
  })
})

test('a storm of handshakes leaves open connections their turn', async () => {
  const { port, url } = await startTls()
  const client = await open(url)
  // Hellos that are all there at once, so that each could be answered in the same turn.
  const hello = await clientHello()
  const storm = await Promise.all(
    Array.from({ length: 400 }, async () => {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => {}).resume()
      onTestFinished(() => void socket.destroy())
      await once(socket, 'connect')
      return socket
    }),
  )
  let answered = 0
  for (const socket of storm) socket.once('data', () => answered++)
  for (const socket of storm) socket.write(hello)
  client.send('in the middle of it')
  await client.next()
  const answeredBefore = answered
  await expect.poll(() => answered, { timeout: 15_000 }).toBe(storm.length)
  expect(answeredBefore).toBeLessThan(storm.length)
})

/** The first bytes of a client of Node's. */
async function clientHello(): Promise<Buffer> {
  const { createServer } = await import('node:net')
  const listener = createServer().listen(0)
  onTestFinished(() => void listener.close())
  openTls((listener.address() as { port: number }).port).catch(() => {})
  const [socket] = await once(listener, 'connection')
  const [bytes] = await once(socket, 'data')
  socket.destroy()
  return bytes
}
