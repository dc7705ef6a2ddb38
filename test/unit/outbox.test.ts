// The outbox at its limits, through sockets: what fills it is flushed in between, and nothing is lost or out of order.

import { strict as assert } from 'node:assert'
import { expect, test } from 'vitest'
import { flush, withCode } from '../../lib/bridge/outbox.js'
import * as layout from '../../lib/bridge/record-layout.js'
import { memory } from '../../lib/bridge/shared-memory.js'
import { startServer } from '../support/test-server.js'
import { WsClient } from '../support/ws-client.js'

async function expectInOrder(all: (string | Buffer)[]): Promise<void> {
  const { url, opened } = await startServer({ highWaterMark: 2 ** 31 - 1 })
  const client = await WsClient.open(url)
  const socket = await opened.next()
  for (const data of all) socket.send(data)
  for (const [i, data] of all.entries()) assert.deepStrictEqual(await client.next(), data, `message ${i}`)
}

test('the code of a record does not disturb its kind', () => {
  expect(withCode(layout.OUT_CLOSE, 4999) & 0xff).toBe(layout.OUT_CLOSE)
  expect(withCode(layout.OUT_CLOSE, 4999) >>> 16).toBe(4999)
})

test('one record more than it holds', () =>
  expectInOrder(Array.from({ length: layout.OUTBOX_RECORDS_MAX + 1 }, (_, i) => `${i}`)))

test('bytes that fill it exactly, and one byte more', () => {
  const part = layout.OUTBOX_ATTACHED_MIN - 1
  const count = Math.floor(layout.OUTBOX_PAYLOAD_BYTES / part)
  const rest = layout.OUTBOX_PAYLOAD_BYTES - count * part
  const full = [...Array.from({ length: count }, (_, i) => Buffer.alloc(part, i)), Buffer.alloc(rest, 99)]
  return expectInOrder([...full, ...full, Buffer.from([1]), ...full])
})

test.each([
  ['ASCII', 'a'],
  ['two bytes a unit', 'é'],
  ['three bytes a unit', '€'],
  ['pairs', '😀'],
])('text that fills it exactly, and one more: %s', (_, character) => {
  const half = character.repeat(layout.OUTBOX_TEXT_UNITS / 2 / character.length)
  return expectInOrder([half, half, character, half, half + half, `${half + half}x`, character])
})

test('sizes around those from which on Buffers are not copied', () =>
  expectInOrder(
    [8191, 8192, 8193, 65_535, 65_536, 65_537].flatMap((size) => [Buffer.alloc(size, size & 255), `${size}`]),
  ))

test('more large Buffers than one system call takes', () =>
  expectInOrder(Array.from({ length: 100 }, (_, i) => Buffer.alloc(70_000, i))))

test('many attachments over more than one flush', () =>
  expectInOrder(
    Array.from({ length: layout.OUTBOX_RECORDS_MAX + 20 }, (_, i) =>
      i % 500 === 0 ? Buffer.alloc(66_000, i) : `${i}`,
    ),
  ))

test('attachments are let go when they are flushed', async () => {
  const { url, opened } = await startServer()
  const client = await WsClient.open(url)
  const socket = await opened.next()
  socket.send(Buffer.alloc(100_000))
  expect(memory.outboxAttachments.length).toBe(1)
  flush()
  expect(memory.outboxAttachments.length).toBe(0)
  await client.next()
})

test('flushing nothing does nothing', () => {
  flush()
  flush()
})
