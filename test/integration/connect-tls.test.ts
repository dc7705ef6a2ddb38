// connect() over TLS: against our own server, against Node's, and against what is no good.

import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { connect } from 'ntyws'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { makeIdentity, testCa } from '../support/certificates.js'
import { RawServer } from '../support/raw-server.js'
import { openConnection } from '../support/test-connection.js'
import { startEcho, startServer } from '../support/test-server.js'

const ca = testCa
const identity = await makeIdentity({ issuer: ca })
const tls = { ca: ca.cert }
const secure = (url: string) => url.replace('ws://127.0.0.1', 'wss://localhost')
const failureOf = (url: string, options: Parameters<typeof connect>[1]) =>
  connect(url, options).then(
    () => expect.unreachable(),
    (error) => error,
  )

test.each(['TLSv1.2', 'TLSv1.3'] as const)('messages of every size come back over %s', async (version) => {
  const { url } = await startEcho({ tls: { ...identity, minVersion: version, maxVersion: version } })
  const { socket, messages, closed } = await openConnection(secure(url), { tls })
  const sizes = [0, 5, 125, 126, 16_384, 65_536, 1_000_000]
  const sent = sizes.flatMap((size) => ['a'.repeat(size), Buffer.alloc(size, 'b')])
  for (const data of sent) socket.send(data)
  const received = await messages.take(sent.length)
  for (const [i, data] of sent.entries()) expect(received[i]?.length).toBe(data.length)
  socket.close(1000)
  expect((await closed.next()).code).toBe(1000)
})

test('Node’s https with ws', async () => {
  const server = createServer({ cert: identity.cert, key: identity.key }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const ws = new WebSocketServer({ server })
  ws.on('connection', (peer) => peer.on('message', (data, binary) => peer.send(data, { binary })))
  onTestFinished(() => {
    for (const client of ws.clients) client.terminate()
    server.close()
  })
  const { socket, messages } = await openConnection(`wss://localhost:${(server.address() as AddressInfo).port}`, {
    tls,
  })
  socket.send('to https')
  expect(await messages.next()).toBe('to https')
  socket.terminate()
})

describe('a server is not trusted', async () => {
  test.each([
    ['that nobody we know has signed', await makeIdentity(), {}, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['whose CA is another', identity, { ca: (await makeIdentity({ isCa: true })).cert }, /^UNABLE_TO_/],
    ['that is for another name', identity, { ...tls, servername: 'example.org' }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ] as const)('%s', async (_, which, options, code) => {
    const { url, closed } = await startServer({ tls: { cert: which.cert, key: which.key } })
    const error = await failureOf(secure(url), { tls: options })
    expect(error.code).toMatch(code)
    expect(error).toMatchObject({ address: expect.stringMatching(/127\.0\.0\.1/), url: `${secure(url)}/` })
    expect(closed.size).toBe(0)
  })

  test('unless rejectUnauthorized is false', async () => {
    const { cert, key } = await makeIdentity()
    const { url } = await startEcho({ tls: { cert, key } })
    const { socket, messages } = await openConnection(secure(url), { tls: { rejectUnauthorized: false } })
    socket.send('x')
    expect(await messages.next()).toBe('x')
  })

  test('by the system’s certificates alone, when no others are given', async () => {
    const { url } = await startServer({ tls: { cert: identity.cert, key: identity.key } })
    expect((await failureOf(secure(url), {})).code).toMatch(/^UNABLE_TO_/)
  })
})

test('a client certificate is shown', async () => {
  const client = await makeIdentity({ issuer: ca, names: ['client'] })
  const { url } = await startServer({
    tls: { cert: identity.cert, key: identity.key, ca: ca.cert, requestCert: true },
    upgrade: ({ tls: seen }) => ({ protocol: '', headers: { 'X-Subject': String(seen?.peerCertificate?.subject) } }),
  })
  await openConnection(secure(url), { tls: { ...tls, cert: client.cert, key: client.key } })
  expect((await failureOf(secure(url), { tls })).code).toMatch(/^ERR_TLS_FAILED|WS_ERR_NO_RESPONSE|ECONNRESET|EPIPE$/)
})

test('a server that speaks no TLS, and one that does not go on', async () => {
  const { url } = await startServer()
  expect((await failureOf(secure(url), { tls })).code).toBe('ERR_TLS_FAILED')
  const silent = await RawServer.start()
  const error = await failureOf(secure(silent.url), { tls, handshakeTimeout: 60 })
  expect(error.code).toBe('WS_ERR_HANDSHAKE_TIMEOUT')
})

test('abort in the TLS handshake lets go of the connection', async () => {
  const server = await RawServer.start()
  const controller = new AbortController()
  const failure = failureOf(secure(server.url), { tls, signal: controller.signal })
  const peer = await server.accept()
  await expect.poll(() => peer.unread).toBeGreaterThan(100)
  controller.abort(new Error('enough'))
  expect((await failure).message).toBe('enough')
  await peer.readToEnd()
})

test('options that are wrong say so', async () => {
  const wrong = (tls: object) => failureOf('wss://localhost:1', { tls: tls as never })
  expect((await wrong({ ca: '/no/such/file' })).message).toContain("'/no/such/file'")
  expect(await wrong({ cert: identity.cert })).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' })
  expect(await wrong({ cert: identity.cert, key: (await makeIdentity()).key })).toMatchObject({
    code: 'ERR_TLS_KEY_MISMATCH',
  })
  expect(await wrong({ minVersion: 'TLSv1.1' })).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' })
})

// Node's own tls.connect is asked beside it: what it takes for the server's, we may; what it refuses, we must.
describe('servername', async () => {
  const names = ['localhost', '127.0.0.1', 'a.example', '*.w.example']
  const { cert, key } = await makeIdentity({ issuer: ca, names })

  function authorizedByNode(port: number, servername: unknown): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const options = { host: 'localhost', port, ca: ca.cert, ...(servername !== undefined && { servername }) }
      const socket = connectTls(options as Parameters<typeof connectTls>[0], () => resolve(socket.authorized))
      socket.on('error', ({ code }: NodeJS.ErrnoException) => {
        if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') resolve(false)
        else reject(new Error(code))
      })
      socket.on('secureConnect', () => socket.destroy())
    })
  }

  test.each([
    undefined,
    '',
    'localhost',
    'LOCALHOST',
    'localhost.',
    'a.example',
    'a.w.example',
    'a_b.w.example',
    'a.b.w.example',
    'example',
    'other',
    '127.0.0.1',
    '127.0.0.2',
    '127.1',
    '2130706433',
    '12345',
    '0x7f.1',
    '::1',
    'fe80::1%lo',
    'x'.repeat(255),
  ])('%j is judged as Node does', async (servername) => {
    const seen: (string | undefined)[] = []
    const { url, port } = await startServer({
      tls: { cert, key },
      upgrade: ({ tls }) => void seen.push(tls?.servername),
    })
    const options = { tls: { ...tls, ...(servername !== undefined && { servername }) } }
    const byNode = await authorizedByNode(port, servername)
    const ours = await connect(secure(url), options).then(
      (socket) => {
        socket.terminate()
        return socket.tls?.authorized
      },
      (error) => {
        expect(error.code).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
        return false
      },
    )
    // OpenSSL has no underscores under a wildcard.
    expect(ours).toBe(byNode && servername !== 'a_b.w.example')
    const isAsked = servername !== '' && servername !== '127.0.0.1'
    const asked = (servername ?? 'localhost').replace(/\.$/, '')
    expect(seen).toEqual(ours ? [isAsked ? asked : undefined] : [])
  })

  test('without one the URL’s host is checked', async () => {
    const other = await makeIdentity({ issuer: ca, names: ['other'] })
    const { url } = await startServer({ tls: { cert: other.cert, key: other.key } })
    for (const servername of ['', undefined]) {
      const options = servername === undefined ? tls : { ...tls, servername }
      expect((await failureOf(secure(url), { tls: options })).code).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
    }
  })

  test.each([false, null, 0, 123, {}, 'a\0.b', 'localhost\0', '.example', '.w.example', 'ü.example', 'x'.repeat(256)])(
    '%j is refused, and nobody is called',
    async (servername) => {
      const server = await RawServer.start()
      let called = 0
      void server.accept().then(() => called++)
      const error = await failureOf(secure(server.url), {
        headers: { Authorization: 'secret' },
        tls: { ...tls, rejectUnauthorized: false, servername: servername as string },
      })
      expect(error).toMatchObject({ name: 'TypeError', code: expect.stringMatching(/^ERR_INVALID_ARG_/) })
      await new Promise((resolve) => setTimeout(resolve, 50))
      expect(called).toBe(0)
    },
  )
})

test('what is on Object.prototype does not switch checks off', async () => {
  const { cert, key } = await makeIdentity()
  const { url, closed } = await startServer({ tls: { cert, key } })
  Object.assign(Object.prototype, { rejectUnauthorized: false, servername: '', followRedirects: true })
  try {
    for (const options of [{}, { tls: {} }, { tls: { ca: ca.cert } }]) {
      expect((await failureOf(secure(url), options)).code).toMatch(/^(DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_.*)$/)
    }
  } finally {
    for (const name of ['rejectUnauthorized', 'servername', 'followRedirects']) {
      delete (Object.prototype as unknown as Record<string, unknown>)[name]
    }
  }
  expect(closed.size).toBe(0)
})

test('a redirect to another origin takes neither certificate nor servername along', async () => {
  const client = await makeIdentity({ issuer: ca, names: ['client'], passphrase: 'open sesame' })
  const shown: unknown[] = []
  const asked = { cert: identity.cert, key: identity.key, ca: ca.cert, requestCert: true, rejectUnauthorized: false }
  const { port } = await startServer({
    tls: asked,
    upgrade: ({ tls: seen }) => void shown.push(seen?.peerCertificate?.subject, seen?.servername),
  })
  const first = await startServer({
    tls: asked,
    upgrade: ({ tls: seen, path }) => {
      shown.push(seen?.peerCertificate?.subject)
      const to = path === '/' ? '/again' : `wss://localhost:${port}/`
      return { status: 302, headers: { Location: to } }
    },
  })
  const { socket } = await openConnection(`wss://127.0.0.1:${first.port}/`, {
    followRedirects: true,
    tls: { ...tls, cert: client.cert, key: [{ pem: client.key, passphrase: 'open sesame' }], servername: '127.0.0.1' },
  })
  expect(shown).toEqual(['CN=client', 'CN=client', undefined, 'localhost'])
  expect(socket.tls?.authorized).toBe(true)
})
