// What connections leave behind when they are gone: nothing. test/bench/churn-leak.mjs does it at length.

import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { encodeClose } from '../support/frames.js'
import { RawClient, upgradeRequest } from '../support/raw-client.js'
import { startServer } from '../support/test-server.js'

const openDescriptors = () => readdirSync('/proc/self/fd').length

test('2,000 connections, ended in every way, leave no descriptor', async () => {
  const { port, server, closed } = await startServer({ message: (socket) => socket.terminate() })
  const endings: ((client: RawClient) => void)[] = [
    (client) => client.write(encodeClose(1000)),
    (client) => client.reset(),
    (client) => client.end(),
    (client) => client.write(Buffer.from([0xff, 0xff])),
    (client) => client.send('terminate me'),
  ]
  const batch = async (size: number) => {
    const clients = await Promise.all(Array.from({ length: size }, () => RawClient.open(port)))
    for (const [i, client] of clients.entries()) endings[i % endings.length]?.(client)
    await closed.take(size)
    for (const client of clients) client.socket.destroy()
  }
  const refused = async () => {
    const client = await RawClient.connect(port)
    client.write(upgradeRequest({ method: 'PUT' }))
    await client.readResponse()
    client.socket.destroy()
  }
  await batch(50)
  await refused()
  const before = openDescriptors()
  for (let i = 0; i < 39; i++) {
    await batch(50)
    await refused()
  }
  expect(server.stats()).toMatchObject({ accepted: 2000, connections: 0 })
  await expect.poll(openDescriptors).toBeLessThanOrEqual(before)
})
