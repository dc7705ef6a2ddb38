// The benchmark's load generator over TLS, held against our own server: what it says of sessions has to be true, as a full
// handshake costs several times a resumed one.

import { randomBytes } from 'node:crypto'
import { type Server, serve } from 'ntyws'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { compile } from '../bench/compile.mjs'
import { putLoad } from '../bench/load-generator.mjs'
import { run } from '../bench/processes.mjs'
import { testIdentity } from '../support/certificates.js'

let wsload = ''
beforeAll(async () => {
  wsload = (await compile()).wsload
}, 60_000)

const resumed: boolean[] = []

async function startTlsServer(opened?: (server: Server) => void): Promise<Server> {
  const { cert, key } = testIdentity
  resumed.length = 0
  const server = await serve({
    port: 0,
    host: '127.0.0.1',
    tls: { cert, key },
    upgrade(request) {
      resumed.push(request.tls?.sessionReused === true)
    },
    open: () => opened?.(server),
    message: (socket, data) => void socket.send(data),
  })
  onTestFinished(() => server.close())
  return server
}

function load(server: Server, mode: 'echo' | 'churn', tls: 'full' | 'resumed', payloadBytes = 32) {
  const target = { pid: process.pid, ports: String(server.ports[0]), stop: async () => {} }
  const timing = { seconds: 0.2, warmupSeconds: 0, core: undefined }
  return putLoad(wsload, target, { mode, connections: 4, depth: 3, tls, payloadBytes, binary: true }, timing)
}

test.each([0, 32, 16_384, 1 << 20])('messages of %i bytes go round', async (payloadBytes) => {
  const { messages, clientCpuUsPerMessage } = await load(await startTlsServer(), 'echo', 'full', payloadBytes)
  expect(messages).toBeGreaterThan(0)
  expect(clientCpuUsPerMessage).toBeGreaterThan(0)
})

test('no session is resumed unless asked for', async () => {
  const { handshakes } = await load(await startTlsServer(), 'churn', 'full')
  expect(handshakes).toBeGreaterThan(4)
  expect(resumed).not.toContain(true)
})

test('when asked for, all are but the first', async () => {
  const { handshakes } = await load(await startTlsServer(), 'churn', 'resumed')
  expect(handshakes).toBeGreaterThan(4)
  expect(resumed.indexOf(false)).toBe(0)
  expect(resumed.lastIndexOf(false)).toBe(0)
})

test('a server that does not resume ends the run', async () => {
  const { cert, key } = testIdentity
  const forget = (server: Server) => server.setSecureContext({ cert, key, ticketKeys: randomBytes(48) })
  await expect(load(await startTlsServer(forget), 'churn', 'resumed')).rejects.toThrow(
    'the server did not resume the session',
  )
})

test('resuming without TLS is refused', async () => {
  await expect(run([wsload, '-R'], undefined)).rejects.toThrow(
    '-R goes with -S: without TLS there is nothing to resume',
  )
})
