// TLS sessions that connect() resumes, and those that it must not.

import { once } from 'node:events'
import { createServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type ClientTlsOptions, type ConnectOptions, connect, type TlsInfo } from 'ntyws'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { makeIdentity, testCa, testIdentity } from '../support/certificates.js'
import { Queue } from '../support/queue.js'
import { startServer } from '../support/test-server.js'

const { cert, key } = testIdentity
const ca = testCa.cert

/** What a connection agreed on, once it is closed again. */
async function meet(url: string, tls: ClientTlsOptions, options: ConnectOptions = {}): Promise<TlsInfo> {
  const closed = new Queue<number>()
  const socket = await connect(url, { ...options, tls, close: (_, code) => closed.push(code) })
  socket.close(1000)
  await closed.next()
  return socket.tls as TlsInfo
}

async function startNtyws(version: 'TLSv1.2' | 'TLSv1.3') {
  const { port } = await startServer({ tls: { cert, key, minVersion: version, maxVersion: version } })
  return `wss://localhost:${port}`
}

async function startNode(version: 'TLSv1.2' | 'TLSv1.3') {
  const options: ServerOptions = { cert, key, minVersion: version, maxVersion: version }
  const server = createServer(options).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const ws = new WebSocketServer({ server })
  onTestFinished(() => {
    for (const client of ws.clients) client.terminate()
    server.close()
  })
  return `wss://localhost:${(server.address() as AddressInfo).port}`
}

describe.each([
  ['ours', startNtyws],
  ['Node’s https with ws', startNode],
] as const)('the session of the last connection to a server of %s', (_, start) => {
  test.each(['TLSv1.2', 'TLSv1.3'] as const)('is resumed with %s', async (version) => {
    const url = await start(version)
    const tls = { ca }
    const first = await meet(url, tls)
    expect(first).toMatchObject({ protocol: version, sessionReused: false, authorized: true, servername: 'localhost' })
    for (let i = 0; i < 3; i++) {
      const next = await meet(url, tls)
      expect(next).toMatchObject({ protocol: version, sessionReused: true, authorized: true })
      expect(next.peerCertificate?.fingerprint256).toBe(first.peerCertificate?.fingerprint256)
    }
  })
})

test('a connection that breaks leaves a session that is good', async () => {
  const url = await startNtyws('TLSv1.3')
  const tls = { ca }
  const socket = await connect(url, { tls })
  socket.terminate()
  expect((await meet(url, tls)).sessionReused).toBe(true)
})

test('the server is told', async () => {
  const seen = new Queue<boolean | undefined>()
  const { port } = await startServer({
    tls: { cert, key },
    upgrade: (request) => void seen.push(request.tls?.sessionReused),
  })
  const tls = { ca }
  for (let i = 0; i < 2; i++) await meet(`wss://localhost:${port}`, tls)
  expect(await seen.take(2)).toEqual([false, true])
})

describe('no session is resumed', () => {
  test('of connections with other options', async () => {
    const url = await startNtyws('TLSv1.3')
    await meet(url, { ca, rejectUnauthorized: false })
    expect((await meet(url, { ca })).sessionReused).toBe(false)
    // Whoever trusts others is not let in by a session of somebody who does not look.
    const trusting = { rejectUnauthorized: false }
    for (const sessionReused of [false, true]) {
      expect(await meet(url, trusting)).toMatchObject({ sessionReused, authorized: false })
    }
    const other = await makeIdentity({ isCa: true })
    await expect(connect(url, { tls: { ca: other.cert } })).rejects.toMatchObject({
      code: expect.stringMatching(/^UNABLE_TO_/),
    })
  })

  test('of another server', async () => {
    const tls = { ca }
    for (const url of [await startNtyws('TLSv1.3'), await startNtyws('TLSv1.3')]) {
      expect((await meet(url, tls)).sessionReused).toBe(false)
      expect((await meet(url.replace('localhost', '127.0.0.1'), tls)).sessionReused).toBe(false)
    }
  })
})

test('without TLS, and on a server, a socket has no tls', async () => {
  const { url, opened } = await startServer()
  const socket = await connect(url)
  onTestFinished(() => socket.terminate())
  expect(socket.tls).toBeUndefined()
  expect((await opened.next()).tls).toBeUndefined()
})
