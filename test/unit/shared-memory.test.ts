import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as layout from '../../lib/bridge/record-layout.js'
import { memory } from '../../lib/bridge/shared-memory.js'
import { ensureStarted } from '../../lib/turn/start.js'
import { runChild } from '../support/child.js'

test('the boxes are as large as the layout says', () => {
  expect(memory.inboxRecords.length).toBe(layout.INBOX_RECORDS_MAX * layout.INBOX_RECORD_WORDS)
  expect(memory.inboxPayloads.length).toBe(0) // C++ brings the first block
  ensureStarted()
  expect(memory.inboxPayloads.length).toBe(layout.INBOX_PAYLOAD_BYTES)
  expect(memory.outboxRecords.length).toBe(layout.OUTBOX_RECORDS_MAX * layout.OUTBOX_RECORD_WORDS)
  expect(memory.outboxPayloads.length).toBe(layout.OUTBOX_PAYLOAD_BYTES)
  expect(memory.outboxSeal.length).toBe(layout.SEAL_WORDS)
  // A UTF-16 unit takes three bytes at most.
  expect(layout.OUTBOX_TEXT_BYTES).toBeGreaterThanOrEqual(3 * layout.OUTBOX_TEXT_UNITS)
  expect(memory.outboxText.length).toBe(layout.OUTBOX_TEXT_BYTES)
})

test('every typed array lies over the whole of its memory', () => {
  for (const view of Object.values(memory)) {
    if (!ArrayBuffer.isView(view)) continue
    expect([view.byteOffset, view.byteLength]).toEqual([0, view.buffer.byteLength])
  }
})

test('every descriptor that the process may open has its number', () => {
  const hardLimit = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
  const expected = hardLimit === 'unlimited' ? 2 ** 20 : Math.min(Number(hardLimit), 2 ** 20)
  expect(memory.outboundBytes.length).toBe(expected)
})

test('a process that may open few descriptors has few slots, and serves', async () => {
  const { stdout, code } = await runChild(
    `
    const server = await serve({ port: 0, host: '127.0.0.1', message: (socket, data) => void socket.send(data) })
    const client = await dial(server)
    client.send('few')
    log(String((await once(client, 'message'))[0]))
    client.terminate()
    await server.close()
  `,
    [],
    56,
  )
  expect([stdout, code]).toEqual(['few\n', 0])
})
