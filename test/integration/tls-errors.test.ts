// Clients that a server never comes to speak TLS with, as its handler `tlsError` is told of them.

import { once } from 'node:events'
import { connect } from 'node:net'
import { type Client, connect as dial, type ServeOptions, type SocketError } from 'ntyws'
import { describe, expect, test } from 'vitest'
import { makeIdentity, testCa, testIdentity } from '../support/certificates.js'
import { Queue } from '../support/queue.js'
import { startEcho } from '../support/test-server.js'
import { refusalOf } from '../support/tls-client.js'
import { WsClient } from '../support/ws-client.js'

const { cert, key } = testIdentity

async function start(tls: Partial<ServeOptions['tls']> = {}, options: Partial<ServeOptions> = {}) {
  const told = new Queue<{ error: SocketError; client: Client }>()
  const started = await startEcho({
    tls: { cert, key, ...tls },
    tlsError: (error, client) => told.push({ error, client }),
    ...options,
  })
  return { ...started, told }
}

describe('tlsError', () => {
  test('of plain HTTP: who it was, and on which port', async () => {
    const { port, server, told } = await start()
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    const { localPort } = socket
    socket.end('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    const { error, client } = await told.next()
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ code: 'ERR_SSL_HTTP_REQUEST', message: 'TLS failed: http request' })
    expect(client).toEqual({ remoteAddress: '127.0.0.1', remotePort: localPort, localPort: port })
    expect(server.stats()).toMatchObject({ refused: 1, accepted: 0 })
  })

  test('of bytes that are nothing', async () => {
    const { port, told } = await start()
    connect(port, '127.0.0.1').end('hello there, TLS\n')
    expect((await told.next()).error.code).toMatch(/^ERR_SSL_(WRONG_VERSION_NUMBER|UNEXPECTED_MESSAGE|RECORD_LAYER)/)
  })

  test.each([
    ['an old version', { minVersion: 'TLSv1.3' }, { maxVersion: 'TLSv1.2' }, 'ERR_SSL_UNSUPPORTED_PROTOCOL'],
    [
      'other ciphers',
      { ciphers: 'TLS_AES_256_GCM_SHA384' },
      { ciphers: 'TLS_AES_128_GCM_SHA256' },
      'ERR_SSL_NO_SHARED_CIPHER',
    ],
    ['other protocols', {}, { ALPNProtocols: ['h2'] }, 'ERR_SSL_NO_APPLICATION_PROTOCOL'],
  ] as const)('of a client with %s', async (_, tls, options, code) => {
    const { port, told } = await start(tls)
    await refusalOf(port, options)
    expect((await told.next()).error.code).toBe(code)
  })

  test('of a client that does not trust us', async () => {
    const { port, told } = await start()
    await expect(dial(`wss://localhost:${port}`)).rejects.toMatchObject({ code: expect.stringMatching(/^UNABLE_TO_/) })
    expect((await told.next()).error.code).toBe('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA')
  })

  test('of certificates of clients, as what is wrong with them', async () => {
    const { port, told } = await start({ ca: testCa.cert, requestCert: true })
    const expired = await makeIdentity({ issuer: testCa, days: -1 })
    await refusalOf(port, { cert: expired.cert, key: expired.key })
    expect((await told.next()).error).toMatchObject({
      code: 'CERT_HAS_EXPIRED',
      message: 'TLS failed: certificate verify failed (CERT_HAS_EXPIRED)',
    })
    await refusalOf(port, {})
    expect((await told.next()).error.code).toBe('ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE')
  })

  test('of a client that leaves, and of one that is too slow', async () => {
    const { port, told } = await start({}, { handshakeTimeout: 50 })
    connect(port, '127.0.0.1').end()
    expect((await told.next()).error).toMatchObject({
      code: 'ECONNRESET',
      message: 'the TLS handshake failed: ECONNRESET',
    })
    const slow = connect(port, '127.0.0.1')
    expect((await told.next()).error.code).toBe('ETIMEDOUT')
    await once(slow.resume(), 'close')
  })

  test('not of one that is served, whatever it does later', async () => {
    const { port, told, server } = await start()
    const client = await WsClient.open(`wss://localhost:${port}`, [], { ca: testCa.cert })
    client.send('x')
    expect(await client.next()).toBe('x')
    client.socket.terminate()
    await expect.poll(() => server.connections).toBe(0)
    expect(told.size).toBe(0)
  })

  test('may close the server', async () => {
    const closed = new Queue<string>()
    const { port, server } = await start({}, { tlsError: () => void server.close().then(() => closed.push('closed')) })
    connect(port, '127.0.0.1').end('GET / HTTP/1.1\r\n\r\n')
    expect(await closed.next()).toBe('closed')
    expect(server.stats().refused).toBe(1)
  })
})
