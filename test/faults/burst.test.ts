// A burst of large messages, and the quiet behind it.

import { expect, test } from 'vitest'
import { FaultServer } from '../support/fault-server.js'
import { OP } from '../support/frames.js'
import { RawClient } from '../support/raw-client.js'

const MiB = 1024 * 1024

test('memory that a burst of large messages took goes back, though its connections stay', {
  timeout: 60_000,
}, async () => {
  const server = await FaultServer.start()
  const clients = await Promise.all(Array.from({ length: 20 }, () => RawClient.open(server.port)))
  const payload = Buffer.alloc(4 * MiB, 'burst ')
  for (const client of clients) client.sendFrame({ opcode: OP.binary, payload })
  for (const client of clients) expect((await client.readFrame()).payload.equals(payload)).toBe(true)
  expect((await server.state()).memory - server.calm.memory).toBeGreaterThan(20 * MiB)
  // V8 collects the handlers' Buffers once it has seen that nothing happens.
  await expect
    .poll(async () => (await server.state()).memory - server.calm.memory, { timeout: 50_000, interval: 1000 })
    .toBeLessThan(10 * MiB)
  for (const client of clients) client.socket.destroy()
  await server.expectRecovery()
  await server.expectEnd()
})
