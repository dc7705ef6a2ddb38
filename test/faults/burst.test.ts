// A burst of large messages, and the quiet behind it.

import { constants } from 'node:perf_hooks'
import { expect, test } from 'vitest'
import { FaultServer } from '../support/fault-server.js'
import { OP } from '../support/frames.js'
import { RawClient } from '../support/raw-client.js'

const MiB = 1024 * 1024

const bursts = [
  { count: 20, size: 4 * MiB, options: '{}' },
  { count: 1, size: 60 * MiB, options: '{ maxPayload: 1e8 }' },
  { count: 1, size: 60 * MiB, options: "{ maxPayload: 1e8, binaryType: 'view' }" },
]

test.for(bursts)('memory that $count × $size bytes took goes back, $options', { timeout: 60_000 }, async (burst) => {
  const { count, size, options } = burst
  const server = await FaultServer.start(options)
  const clients = await Promise.all(Array.from({ length: count }, () => RawClient.open(server.port)))
  const payload = Buffer.alloc(size, 'burst ')
  for (const client of clients) client.sendFrame({ opcode: OP.binary, payload })
  for (const client of clients) expect((await client.readFrame()).payload.equals(payload)).toBe(true)
  // The connections stay, and say nothing. V8 collects Buffers once it has seen that nothing happens.
  await expect
    .poll(async () => (await server.state()).memory - server.calm.memory, { timeout: 50_000, interval: 1000 })
    .toBeLessThan(10 * MiB)
  for (const client of clients) client.socket.destroy()
  await server.expectRecovery()
  await server.expectEnd()
})

// From Node 24 on V8 lets young Buffers grow to where it collects everything anyway.
const isNewer = Number(process.versions.node.split('.')[0]) >= 24

test.skipIf(isNewer)('large messages that nobody keeps are collected while they are young', async () => {
  const server = await FaultServer.start(`(() => {
    new PerformanceObserver((list) => list.getEntries().forEach(({ detail }) => note(detail.kind))).observe({ type: 'gc' })
    return {}
  })()`)
  const client = await RawClient.open(server.port)
  const payload = Buffer.alloc(MiB, 'large ')
  for (let i = 0; i < 400; i++) {
    client.sendFrame({ opcode: OP.binary, payload })
    await client.readFrame()
  }
  const { notes } = await server.state()
  const count = (kind: number) => notes.filter((note) => note === kind).length
  expect(count(constants.NODE_PERFORMANCE_GC_MAJOR)).toBeLessThan(3)
  expect(count(constants.NODE_PERFORMANCE_GC_MINOR)).toBeGreaterThan(5)
  client.socket.destroy()
  await server.expectRecovery()
  await server.expectEnd()
})
