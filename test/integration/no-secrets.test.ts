// What loggers write of our objects has no secret in it, whether they inspect them or make JSON of them.

import { inspect } from 'node:util'
import { connect, ReconnectingSocket, type Socket } from 'ntyws'
import { expect, onTestFinished, test } from 'vitest'
import { testCa, testIdentity } from '../support/certificates.js'
import { startServer } from '../support/test-server.js'

function expectNoSecret(value: object): void {
  for (const shown of [inspect(value, { depth: 9 }), JSON.stringify(value)]) {
    expect(shown).not.toMatch(/PRIVATE KEY|secret/)
  }
}

test('servers, sockets of either side, and reconnecting ones', async () => {
  const { cert, key } = testIdentity
  const sockets: Socket[] = []
  const test = await startServer({ tls: { cert, key }, open: (socket) => void sockets.push(socket) })
  const { port, server } = test
  const url = `wss://localhost:${port}/?token=secret`
  const options = { tls: { ca: testCa.cert, cert, key }, headers: { Authorization: 'secret' } }
  const client = await connect(url, options)
  const reconnecting = new ReconnectingSocket(url, options)
  onTestFinished(() => void [client.terminate(), reconnecting.close()])
  const served = await test.opened.next()
  for (const each of [server, served, client, reconnecting]) expectNoSecret(each)
  expect(JSON.parse(JSON.stringify({ served }))).toMatchObject({ served: { readyState: 1, localPort: port } })
  expect(JSON.parse(JSON.stringify(server))).toEqual({ host: '127.0.0.1', ports: [port], secure: true })
})
