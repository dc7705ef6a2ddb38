// The block of the inbox is left in the middle of a receive, as JavaScript keeps it to its end: what lies there and has not been
// reported yet comes out whole, and so does what is sent of kept messages later.

import { strict as assert } from 'node:assert'
import type { Socket } from 'ntyws'
import { expect, test, vi } from 'vitest'
import * as layout from '../../lib/bridge/record-layout.js'
import { encodeFrame, encodeMessage, OP } from '../support/frames.js'
import { RawClient } from '../support/raw-client.js'
import { startServer } from '../support/test-server.js'

vi.hoisted(() => {
  process.env.NTYWS_TEST_INBOX_RECORDS = '7'
})

const filled = (size: number, byte: number) => encodeMessage(Buffer.alloc(size, byte))

test('a message lies in the block that is left for its record', async () => {
  const victims: Socket[] = []
  let isArmed = false
  const { port, messages } = await startServer({
    message(socket, data) {
      if (data === 'victim') victims.push(socket)
      else if (isArmed) for (const victim of victims.splice(0)) victim.terminate()
    },
  })
  const [first, second, victim] = (await Promise.all([0, 1, 2].map(() => RawClient.open(port)))) as [
    RawClient,
    RawClient,
    RawClient,
  ]
  // So that the kernel's buffers have room for all that follows.
  for (let i = 0; i < 50; i++) {
    for (const client of [first, second]) client.write(filled(100_000, 0))
    await messages.take(2)
  }
  victim.send('victim')
  await messages.next()
  isArmed = true

  // Seven records: two of the second client; three large ones, one that came in fragments and is copied behind the receive,
  // and the first of the short ones, for which the inbox is full. What is copied ends with the block.
  const before = Buffer.concat([filled(33_992, 1), filled(33_992, 2)])
  const room = layout.INBOX_PAYLOAD_BYTES - layout.INBOX_COPIED_MAX - ((before.length + 3) & ~3)
  const gathered = layout.INBOX_COPIED_MAX - 8
  const body = Buffer.concat([
    ...[3, 4, 5].map((byte) => filled(60_000, byte)),
    encodeFrame({ opcode: OP.binary, fin: false, payload: Buffer.alloc(30_000, 7) }),
    encodeFrame({ opcode: OP.continuation, payload: Buffer.alloc(gathered - 30_000, 7) }),
    ...[8, 9, 10].map((byte) => filled(50, byte)),
  ])
  second.write(before)
  first.write(Buffer.concat([body, filled(room - body.length - 8, 11), filled(300_000, 12)]))
  const received = (await messages.take(11)).map(({ data }) => data as Buffer)
  for (const data of received) assert.ok(data.every((byte) => byte === data[0]))
  expect(received.map((data) => data[0]).sort((a, b) => (a as number) - (b as number))).toEqual([
    1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12,
  ])
})

// Node puts the rest of the ticks off when one throws: our flush is among them.
test('kept messages are sent from a tick, behind one that throws', async () => {
  const thrown: unknown[] = []
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', (error) => thrown.push(error))
  try {
    const { port } = await startServer({
      message(socket, data) {
        process.nextTick(() => {
          socket.send(data)
          throw new Error('on purpose')
        })
      },
    })
    const clients = await Promise.all(Array.from({ length: 6 }, () => RawClient.open(port)))
    await Promise.all(
      clients.map(async (client, own) => {
        for (let round = 0; round < 5; round++) {
          client.write(Buffer.concat(Array.from({ length: 20 }, () => filled(12_000, own))))
          for (const { payload } of await client.readFrames(20)) {
            assert.ok(payload.length === 12_000 && payload.every((byte) => byte === own))
          }
        }
      }),
    )
    expect(thrown.length).toBe(600)
  } finally {
    process.removeAllListeners('uncaughtException')
    for (const listener of listeners) process.on('uncaughtException', listener)
  }
})
