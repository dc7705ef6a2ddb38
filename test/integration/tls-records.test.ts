// Peers that send records which no TLS library sends: their connection ends, and nothing else.

import { expect, test } from 'vitest'
import { testCa } from '../support/certificates.js'
import { startEcho } from '../support/test-server.js'
import { TlsRecordClient } from '../support/tls-record-client.js'
import { tls } from '../support/transport.js'
import { WsClient } from '../support/ws-client.js'

const over = await tls()
const HANDSHAKE = 22
const KEY_UPDATE = 24

test('a message of TLS that is begun and not finished fails the next send on its connection', async () => {
  const { port, opened, closed, server } = await startEcho({ ...over.server })
  const bystander = await WsClient.open(`wss://localhost:${port}`, [], { ca: testCa.cert })
  await opened.next()
  const hostile = await TlsRecordClient.open(port)
  const socket = await opened.next()
  hostile.sendRecord(HANDSHAKE, Buffer.of(KEY_UPDATE, 0, 0, 1))
  const sending = setInterval(() => socket.send('are you there'), 5)
  const end = await closed.next()
  clearInterval(sending)
  expect(end.socket).toBe(socket)
  expect(end.code).toBe(1006)
  expect(end.reason).toBe(
    "TLS failed: the peer has begun a message of TLS's own and not finished it, so nothing can be sent",
  )
  bystander.send('still here')
  expect(await bystander.next()).toBe('still here')
  expect(server.connections).toBe(1)
})

test('key updates without end fail their connection', async () => {
  const { port, opened, messages, closed } = await startEcho({ ...over.server })
  const hostile = await TlsRecordClient.open(port)
  const socket = await opened.next()
  for (let i = 0; i < 20; i++) hostile.updateKeys()
  hostile.sendRecord(23, Buffer.of(0x81, 0x80, 0, 0, 0, 0)) // a message, empty
  expect((await messages.next()).data).toBe('')
  for (let i = 0; i < 100; i++) hostile.updateKeys()
  const end = await closed.next()
  expect(end.socket).toBe(socket)
  expect(end.code).toBe(1006)
  expect(end.reason).toBe("TLS failed: the peer sends too many messages of TLS's own, such as key updates")
})
