// The memory that this thread shares with C++.

import { readFileSync } from 'node:fs'
import type { SharedMemory } from './native.js'
import * as layout from './record-layout.js'

// Connections are numbered by file descriptor, and the process may have this many at most. Pages of it that are never
// touched are never allocated.
function slotCount(): number {
  const hardLimit = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
  const limit = Number(hardLimit)
  return Number.isInteger(limit) ? Math.min(limit, 1 << 20) : 1 << 20
}

// Tests have an inbox of a few records, so that it is full, and delivered, in the middle of everything.
function inboxRecordCount(): number {
  return Number(process.env.NTYWS_TEST_INBOX_RECORDS ?? layout.INBOX_RECORDS_MAX)
}

export const memory: SharedMemory = {
  inboxRecords: new Int32Array(inboxRecordCount() * layout.INBOX_RECORD_WORDS),
  inboxPayloads: Buffer.alloc(0), // until C++ has started
  inboxAttachments: [],
  inboxLent: [],
  outboxSeal: new Int32Array(layout.SEAL_WORDS),
  outboxRecords: new Int32Array(layout.OUTBOX_RECORDS_MAX * layout.OUTBOX_RECORD_WORDS),
  // No Buffer: looking `set` up through Buffer's prototype costs as much as a short copy.
  outboxPayloads: new Uint8Array(layout.OUTBOX_PAYLOAD_BYTES),
  outboxText: Buffer.from(new ArrayBuffer(layout.OUTBOX_TEXT_BYTES)),
  outboxAttachments: [],
  outboundBytes: new Float64Array(slotCount()),
  resource: {},
}
