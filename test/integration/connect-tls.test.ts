// connect() over TLS: against our own server, against Node's, and against what is no good.

import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
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
