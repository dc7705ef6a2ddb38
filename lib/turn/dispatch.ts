// Reads what C++ reports, a turn's worth at a time, and calls the handlers.

import { markAsUntransferable } from 'node:worker_threads'
import { formatAddress } from '../base/address.js'
import type { Undecided } from '../base/errors.js'
import { beginTurn, endTurn, noteReceived } from '../bridge/outbox.js'
import * as layout from '../bridge/record-layout.js'
import { memory } from '../bridge/shared-memory.js'
import { RequestImpl } from '../http/request.js'
import { wakeStream } from '../socket/send-stream.js'
import { SocketImpl } from '../socket/socket.js'
import { SocketGroup } from '../socket/socket-group.js'
import { readTlsInfo } from '../tls/tls-info.js'
import { ReadyState, type TlsInfo } from '../types/index.js'
import { protocolError, systemError, systemReason, tlsError, tlsHandshakeError } from './connection-errors.js'
import { endUndecided, takeAcceptedData } from './decisions.js'
import { takeDial } from './dials.js'
import { servers, sockets, type TurnServer } from './registry.js'

const records = memory.inboxRecords
const attachments = memory.inboxAttachments
const lent = memory.inboxLent
const outboundBytes = memory.outboundBytes
const { resource } = memory
const { CLOSED } = ReadyState

// What Buffer.from makes, without its checks.
const FastBuffer = (Buffer as unknown as Record<symbol, unknown>)[Symbol.species] as new (
  memory: ArrayBufferLike,
  offset: number,
  size: number,
) => Buffer

// Messages up to this size are taken over several at once: text that lies together is decoded into one string, whose parts
// then cost no crossing, and bytes are copied into one piece of a slab. A message that is kept keeps its block or slab
// from being freed, so these are no larger than Buffer's own pool is.
const sharedMax = layout.INBOX_SHARED_MAX
const textBlockBytes = 8192
const slabBytes = 8192

let payloads = memory.inboxPayloads
let payloadMemory = payloads.buffer
let next = 0 // the record to read next, or 0 between turns
let mayKeepPayloads = false
let keepsPayloads = false
let block = ''
let blockStart = 0
let blockUntil = 0 // the record behind the last one whose text is in the block
let slab: Buffer
let slabMemory: ArrayBufferLike
let slabUsed = 0
let slabShift = 0 // from offsets in the payloads to offsets in the slab, for the records before slabUntil
let slabUntil = 0
let runEnd = 0 // where the payloads end of the run that was found last

takeSlab()

/**
 * Calls the handlers for the first `recordCount` records. When a handler throws, C++ reports the error and calls again:
 * we then go on with the record behind.
 *
 * @param mayKeep Whether Buffers may lie in the payloads' memory
 * @returns whether some do: C++ leaves it to them
 */
export function dispatch(recordCount: number, mayKeep: boolean): boolean {
  beginTurn()
  if (payloads !== memory.inboxPayloads) takePayloads()
  mayKeepPayloads = mayKeep
  while (next < recordCount) {
    const at = next * layout.INBOX_RECORD_WORDS
    next++
    const head = records[at] as number
    const subject = records[at + 1] as number
    switch (head & 0xff) {
      case layout.IN_TEXT: {
        const socket = sockets[subject]
        // It was terminated within this turn, or is not ours: C++ says nothing of a connection behind its end.
        if (socket === undefined || socket.readyState === CLOSED) break
        const text = textOf(at, head, recordCount)
        const isAttached = ((head >> 8) & layout.FLAG_ATTACHED) !== 0
        noteReceived(text, isAttached, records[at + 2] as number, records[at + 3] as number)
        socket.group.handlers.message?.(socket, text, false)
        break
      }
      case layout.IN_BINARY: {
        const socket = sockets[subject]
        if (socket === undefined || socket.readyState === CLOSED) break
        const { group } = socket
        const data = group.lendsMessages ? viewOf(at, head) : bytesOf(at, head, recordCount)
        group.handlers.message?.(socket, data, true)
        break
      }
      default:
        dispatchRare(at, head, subject)
    }
  }
  next = blockUntil = slabUntil = 0
  if (attachments.length > 0) forgetAttachments()
  forgetAsyncStores()
  endTurn()
  const kept = keepsPayloads
  keepsPayloads = false
  return kept
}

function textOf(at: number, head: number, recordCount: number): string {
  const size = records[at + 2] as number
  const offset = records[at + 3] as number
  const flags = head >> 8
  if (flags & layout.FLAG_ATTACHED) return attachments[offset] as string
  if (!(flags & layout.FLAG_ASCII)) return payloads.toString('utf8', offset, offset + size)
  if (at >= blockUntil) {
    if (size > sharedMax) return payloads.toString('latin1', offset, offset + size)
    blockStart = offset
    blockUntil = findRun(at, layout.IN_TEXT | (layout.FLAG_ASCII << 8), recordCount, textBlockBytes)
    block = payloads.toString('latin1', blockStart, runEnd)
  }
  const start = offset - blockStart
  return block.substring(start, start + size)
}

function bytesOf(at: number, head: number, recordCount: number): Buffer {
  const size = records[at + 2] as number
  const offset = records[at + 3] as number
  if ((head >> 8) & layout.FLAG_ATTACHED) return attachments[offset] as Buffer
  if (at >= slabUntil) {
    if (size > sharedMax) {
      if (mayKeepPayloads) {
        keepsPayloads = true
        return new FastBuffer(payloadMemory, offset, size)
      }
      const own = Buffer.allocUnsafeSlow(size)
      payloads.copy(own, 0, offset, offset + size)
      return own
    }
    if (slabBytes - slabUsed < size) takeSlab()
    slabUntil = findRun(at, layout.IN_BINARY, recordCount, slabBytes - slabUsed)
    slabShift = slabUsed - offset
    payloads.copy(slab, slabUsed, offset, runEnd)
    slabUsed = (slabUsed + runEnd - offset + 7) & ~7
  }
  return new FastBuffer(slabMemory, offset + slabShift, size)
}

function takeSlab(): void {
  slab = Buffer.allocUnsafeSlow(slabBytes)
  slabMemory = slab.buffer // read once: the getter is a call
  slabUsed = 0
  markAsUntransferable(slabMemory) // as Buffer's own pool: it has other messages too
}

function viewOf(at: number, head: number): Buffer {
  const size = records[at + 2] as number
  const offset = records[at + 3] as number
  if (!((head >> 8) & layout.FLAG_ATTACHED)) return new FastBuffer(payloadMemory, offset, size)
  const view = attachments[offset] as Buffer
  lent.push(view)
  return view
}

// The records from one on whose payloads follow each other, apart by no more than frame headers, all with the same head,
// small, and within `bytesMax`; sets runEnd. Returns the record behind.
function findRun(first: number, head: number, recordCount: number, bytesMax: number): number {
  const start = records[first + 3] as number
  const last = recordCount * layout.INBOX_RECORD_WORDS
  runEnd = start
  let at = first
  for (; at < last && (records[at] as number) === head; at += layout.INBOX_RECORD_WORDS) {
    const size = records[at + 2] as number
    const offset = records[at + 3] as number
    // One that did not come whole lies behind those that came after it.
    if (size > sharedMax || offset < runEnd || offset + size - start > bytesMax) break
    runEnd = offset + size
  }
  return at
}

function dispatchRare(at: number, head: number, subject: number): void {
  switch (head & 0xff) {
    case layout.IN_OPEN:
      return open(at, subject)
    case layout.IN_CONNECTED:
      return openDialled(at, subject)
    case layout.IN_DIAL_FAILED:
      return failDial(at, subject)
    case layout.IN_CLOSE:
      return close(at, head >>> 16, sockets[subject])
    case layout.IN_DRAIN:
    case layout.IN_PING:
    case layout.IN_PONG:
      return dispatchControl(at, head & 0xff, sockets[subject])
    case layout.IN_UPGRADE: {
      const { server, handle, request } = readRequest(at, subject)
      return server.answerUpgrade(handle, request)
    }
    case layout.IN_REQUEST: {
      const { server, handle, request } = readRequest(at, subject)
      return server.answerRequest(handle, request)
    }
    case layout.IN_UNDECIDED:
      return endUndecided({ slot: subject, generation: wordsOf(at).word(0) }, (head >>> 16) as Undecided)
    case layout.IN_TLS_ERROR:
      return failTls(at, head >>> 16)
    case layout.IN_ACCEPT_ERROR:
      return servers[subject]?.warnOfAcceptError(head >>> 16)
    case layout.IN_SERVER_CLOSED:
      return servers[subject]?.finishClosing()
  }
}

function dispatchControl(at: number, kind: number, socket: SocketImpl | undefined): void {
  if (socket === undefined || socket.readyState === CLOSED) return
  const { handlers, highWaterMark } = socket.group
  if (kind === layout.IN_PING) return handlers.ping?.(socket, copyOfPayload(at))
  if (kind === layout.IN_PONG) return handlers.pong?.(socket, copyOfPayload(at))
  wakeStream(socket)
  // More has been sent since then: another drain follows when that has gone.
  if (socket.bufferedAmount <= highWaterMark) handlers.drain?.(socket)
}

function open(at: number, slot: number): void {
  const peer = readPeer(at)
  const { group } = servers[peer.owner] as TurnServer
  const data = takeAcceptedData({ slot, generation: peer.generation })
  const socket = addSocket(group, slot, peer, peer.text, data)
  group.handlers.open?.(socket)
}

function openDialled(at: number, slot: number): void {
  const peer = readPeer(at)
  const protocolEnd = peer.text.indexOf('\n')
  const protocol = peer.text.slice(0, protocolEnd)
  const dial = takeDial(peer.owner)
  // It was broken off while this was on its way.
  if (!dial) return addSocket(nobodys, slot, peer, protocol, undefined).terminate()
  const socket = addSocket(dial.group, slot, peer, protocol, dial.data)
  dial.opened(socket, peer.text.slice(protocolEnd + 1), peer.tls)
  dial.group.handlers.open?.(socket)
}

const nobodys = new SocketGroup<unknown>({}, {}, 0)

function addSocket(group: SocketGroup<unknown>, slot: number, peer: Peer, protocol: string, data: unknown): SocketImpl {
  const socket = new SocketImpl(group, slot, peer.generation, protocol, peer.address, peer.ports, data)
  sockets[slot] = socket
  outboundBytes[slot] = 0
  return socket
}

function failDial(at: number, id: number): void {
  const { offset, end, word } = wordsOf(at)
  const addressesStart = offset + layout.DIAL_WORDS * 4
  const headStart = addressesStart + word(layout.DIAL_ADDRESSES_SIZE)
  const bodyStart = headStart + word(layout.DIAL_HEAD_SIZE)
  const lines = payloads.toString('latin1', addressesStart, headStart).split('\n').slice(0, -1)
  takeDial(id)?.failed({
    kind: word(layout.DIAL_ERROR),
    errno: word(layout.DIAL_SYSTEM_ERROR),
    addresses: lines.map((line) => {
      const [errno, port, address] = line.split(' ') as [string, string, string]
      return { errno: Number(errno), port: Number(port), address }
    }),
    status: word(layout.DIAL_STATUS),
    head: payloads.toString('latin1', headStart, bodyStart),
    body: Buffer.from(payloads.subarray(bodyStart, end)),
  })
}

function close(at: number, code: number, socket: SocketImpl | undefined): void {
  if (socket === undefined) return // it ended before its opening could be told
  const { handlers, dialled } = socket.group
  const { offset, end, word } = wordsOf(at)
  const kind = word(layout.CLOSE_PROTOCOL_ERROR)
  const errno = word(layout.CLOSE_SYSTEM_ERROR)
  const tlsFailed = word(layout.CLOSE_TLS_FAILED) !== 0
  const reason = errno !== 0 ? systemReason(errno) : payloads.toString('utf8', offset + layout.CLOSE_WORDS * 4, end)
  sockets[socket.slot] = undefined
  socket.readyState = CLOSED
  dialled?.release()
  try {
    // Made only for somebody who wants it: an error with its stack costs as much as the rest of a connection's end.
    if (errno !== 0) handlers.error?.(socket, systemError(errno))
    else if (tlsFailed) handlers.error?.(socket, tlsError(reason))
    else if (kind !== 0) handlers.error?.(socket, protocolError(kind, reason))
  } finally {
    handlers.close?.(socket, code, reason)
  }
}

// Where the payload of a record lies, and the words that it begins with.
function wordsOf(at: number) {
  const offset = records[at + 3] as number
  const end = offset + (records[at + 2] as number)
  return { offset, end, word: (index: number): number => payloads.readInt32LE(offset + index * 4) }
}

function copyOfPayload(at: number): Buffer {
  const offset = records[at + 3] as number
  return Buffer.from(payloads.subarray(offset, offset + (records[at + 2] as number)))
}

function readRequest(at: number, slot: number) {
  const peer = readPeer(at)
  return {
    server: servers[peer.owner] as TurnServer,
    handle: { slot, generation: peer.generation },
    request: new RequestImpl(peer.text, peer.address, peer.ports & 0xffff, peer.ports >>> 16, peer.tls),
  }
}

function failTls(at: number, errno: number): void {
  const { owner, text: reason, address, ports } = readPeer(at)
  servers[owner]?.failTls(tlsHandshakeError(errno, reason), {
    remoteAddress: formatAddress(address),
    remotePort: ports & 0xffff,
    localPort: ports >>> 16,
  })
}

type Peer = ReturnType<typeof readPeer>

function readPeer(at: number) {
  const { offset, end, word } = wordsOf(at)
  const textStart = offset + layout.PEER_WORDS * 4
  const addressEnd = textStart + word(layout.PEER_IPV6_SIZE)
  const tlsEnd = addressEnd + word(layout.PEER_TLS_SIZE)
  const certificateEnd = tlsEnd + word(layout.PEER_CERTIFICATE_SIZE)
  return {
    owner: word(layout.PEER_OWNER) >>> 0,
    generation: word(layout.PEER_GENERATION),
    ports: word(layout.PEER_PORTS),
    address: addressEnd > textStart ? payloads.toString('latin1', textStart, addressEnd) : word(layout.PEER_IPV4),
    tls: tlsEnd > addressEnd ? readTls(addressEnd, tlsEnd, certificateEnd) : undefined,
    text: payloads.toString('latin1', certificateEnd, end),
  }
}

// The certificate is copied: it is looked at when the user asks for it.
function readTls(textsStart: number, textsEnd: number, certificateEnd: number): TlsInfo {
  const der = Buffer.from(payloads.subarray(textsEnd, certificateEnd))
  return readTlsInfo(payloads.toString('latin1', textsStart, textsEnd), der)
}

function takePayloads(): void {
  payloads = memory.inboxPayloads
  payloadMemory = payloads.buffer
  letYoungBuffersGo()
}

function forgetAttachments(): void {
  attachments.length = 0
  letYoungBuffersGo()
}

// V8 counts the memory of Buffers that C++ makes too, but looks whether young ones can be let go only when it allocates one of
// its own: without this, 64 MiB of them bring a collection of everything, over and over.
function letYoungBuffersGo(): void {
  void new ArrayBuffer(1)
}

// AsyncLocalStorage.enterWith in a handler leaves its store on the object that all turns share: it must not reach the
// handlers of other turns.
function forgetAsyncStores(): void {
  for (const key of Object.getOwnPropertySymbols(resource)) {
    delete (resource as Record<symbol, unknown>)[key]
  }
}
