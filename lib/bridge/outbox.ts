// What handlers want sent and done, on its way to C++: one record a call, in memory that both sides share. Nothing here
// crosses into C++ before the outbox is flushed, at the end of the turn or of the tick.

import { checkSize } from '../base/payload-size.js'
import { native } from './native.js'
import * as layout from './record-layout.js'
import { memory } from './shared-memory.js'

const records = memory.outboxRecords
const payloads = memory.outboxPayloads
const copyToPayloads = payloads.set.bind(payloads) // found once: looking it up costs a third of a short copy
const attachments = memory.outboxAttachments
const text = memory.outboxText as Buffer
const seals = memory.outboxSeal

const wordsPerRecord = layout.OUTBOX_RECORD_WORDS
const recordWordsMax = layout.OUTBOX_RECORDS_MAX * wordsPerRecord
const receivedInInbox = layout.OUT_TEXT | (layout.FLAG_RECEIVED << 8)
const receivedAttached = receivedInInbox | (layout.FLAG_ATTACHED << 8)

let recordWords = 0
let payloadSize = 0
// Strings are joined and encoded together when the outbox is sealed: one crossing for all of them.
let gatheredText = ''
let gatheredUnits = 0
// The text message that its handler has now. When it is sent on, to its sender or to many, it goes from where it was received.
let received: string | undefined
let receivedHead = 0
let receivedSize = 0
let receivedOffset = 0
// What goes to many is encoded once: a large string at its first send, a middling one when it comes again.
const encodedApartMin = 1024
let repeated: string | undefined
let encoded: { readonly data: string; readonly bytes: Buffer } | undefined
let inTurn = false
let flushScheduled = false

/** Whose records these are: a connection's slot, and the generation of the slot's use. */
export interface SlotHandle {
  readonly slot: number
  readonly generation: number
}

/** `text` is about to be given to its handler; its UTF-8 lies in the inbox, or is attached to it. */
export function noteReceived(text: string, isAttached: boolean, size: number, offset: number): void {
  received = text
  receivedHead = isAttached ? receivedAttached : receivedInInbox
  receivedSize = size
  receivedOffset = offset
}

/** Appends a string message. Returns its size, in bytes or, as long as these are not known, in UTF-16 units. */
export function appendString(to: SlotHandle, data: string): number {
  if (data === received) {
    if (recordWords === recordWordsMax) flush()
    appendRecord(receivedHead, to, receivedSize, receivedOffset)
    return receivedSize
  }
  if (!canBeGathered(data)) return appendEncoded(to, data)
  const units = data.length
  if (units >= encodedApartMin) {
    if (data === repeated) return appendEncoded(to, data)
    repeated = data
  }
  if (recordWords === recordWordsMax || gatheredUnits + units > layout.OUTBOX_TEXT_UNITS) flush()
  appendRecord(layout.OUT_STRING, to, units, gatheredUnits)
  gatheredText += data
  gatheredUnits += units
  return units
}

function appendEncoded(to: SlotHandle, data: string): number {
  if (data !== encoded?.data) encoded = { data, bytes: Buffer.from(data) }
  const { bytes } = encoded // which a flush forgets
  appendBytes(layout.OUT_TEXT, to, bytes)
  return bytes.length
}

// A string that is joined with others must not end within a surrogate pair: its half would meet the next one's.
function canBeGathered(data: string): boolean {
  const { length } = data
  if (length > layout.OUTBOX_TEXT_UNITS) return false
  return length === 0 || (data.charCodeAt(length - 1) & 0xfc00) !== 0xd800
}

/**
 * Appends a record with a payload of bytes. Large ones are not copied, but read when they are sent.
 * @throws what checkSize throws
 */
export function appendBytes(kind: number, to: SlotHandle, data: Uint8Array): void {
  const size = data.length
  if (size >= layout.OUTBOX_ATTACHED_MIN) return appendAttached(kind, to, data)
  if (recordWords === recordWordsMax || payloadSize + size > layout.OUTBOX_PAYLOAD_BYTES) flush()
  copyToPayloads(data, payloadSize)
  appendRecord(kind, to, size, payloadSize)
  payloadSize += size
}

function appendAttached(kind: number, to: SlotHandle, data: Uint8Array): void {
  checkSize(data)
  if (recordWords === recordWordsMax) flush()
  const { buffer } = data
  // It lies where it was received. Outside of turns C++ may have left that block when it takes the record.
  if (inTurn && buffer === memory.inboxPayloads.buffer) {
    return appendRecord(kind | (layout.FLAG_RECEIVED << 8), to, data.length, data.byteOffset)
  }
  // Memory that others can change the size of, or write to meanwhile, is not ours to read later.
  const isStable = buffer instanceof ArrayBuffer && !(buffer as { resizable?: boolean }).resizable
  const index = attachments.push(isStable ? data : Buffer.from(data)) - 1
  appendRecord(kind | (layout.FLAG_ATTACHED << 8), to, data.length, index)
}

function appendRecord(head: number, to: SlotHandle, size: number, offset: number): void {
  const at = recordWords
  records[at] = head
  records[at + 1] = to.slot
  records[at + 2] = to.generation
  records[at + 3] = size
  records[at + 4] = offset
  recordWords = at + wordsPerRecord
  if (!inTurn && !flushScheduled) scheduleFlush()
}

/** The kind of a record that carries a close code or an HTTP status. */
export function withCode(kind: number, code: number): number {
  return kind | (code << 16)
}

// nextTick runs when the code that is running now has ended, and again when promise callbacks have: all that they send
// leaves together.
function scheduleFlush(): void {
  flushScheduled = true
  process.nextTick(flushAtEndOfTick)
}

function flushAtEndOfTick(): void {
  flushScheduled = false
  flush()
}

/** Sends what was appended so far. */
export function flush(): void {
  seal()
  native.flush()
}

/** Makes what was appended ready for C++, which takes it before JavaScript runs again. */
function seal(): void {
  seals[layout.SEAL_TEXT_BYTES] = gatheredUnits === 0 ? 0 : text.write(gatheredText, 0, 'utf8')
  gatheredText = ''
  seals[layout.SEAL_TEXT_UNITS] = gatheredUnits
  seals[layout.SEAL_ATTACHMENTS] = attachments.length
  seals[layout.SEAL_RECORDS] = recordWords / wordsPerRecord
  recordWords = payloadSize = gatheredUnits = 0
  repeated = encoded = undefined
}

/** From here to endTurn nothing needs to be scheduled: C++ takes what was sealed at the turn's end. */
export function beginTurn(): void {
  inTurn = true
}

export function endTurn(): void {
  inTurn = false
  received = undefined
  seal()
}
