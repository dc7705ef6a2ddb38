// A connection as handlers see it. Small and of one shape, as there may be very many.

import { isUtf8 } from 'node:buffer'
import { inspect, types } from 'node:util'
import { invalidArgument, outOfRange } from './errors.js'
import * as layout from './generated/record-layout.js'
import { appendBytes, appendString, flush, withCode } from './outbox.js'
import type { ServerImpl } from './server.js'
import { memory } from './shared-memory.js'
import { type Payload, ReadyState, type SendOptions, type Socket } from './types.js'

const { OPEN, CLOSING } = ReadyState
const outboundBytes = memory.outboundBytes
const noBytes = new Uint8Array(0)
const controlPayloadMax = 125
const closeReasonMax = 123
const noStatus = 1005

export class SocketImpl<T = unknown> implements Socket<T> {
  data: T
  readyState: ReadyState = OPEN

  constructor(
    readonly server: ServerImpl<T>,
    readonly slot: number,
    readonly generation: number,
    readonly protocol: string,
    /** An IPv4 address as a number, an IPv6 one as text. */
    private readonly peer: number | string,
    /** remote | local << 16 */
    private readonly ports: number,
    data: T,
  ) {
    this.data = data
  }

  get bufferedAmount(): number {
    return this.readyState === ReadyState.CLOSED ? 0 : outboundBytes[this.slot]
  }

  get remoteAddress(): string {
    return formatAddress(this.peer)
  }

  get remotePort(): number {
    return this.ports & 0xffff
  }

  get localPort(): number {
    return this.ports >>> 16
  }

  send(data: Payload, options?: SendOptions): boolean {
    if (typeof data === 'string' && options?.binary !== true) {
      if (this.readyState !== OPEN || this.isOverfull()) return false
      if (!canBeGathered(data)) return this.sendBytes(layout.OUT_TEXT, Buffer.from(data))
      appendString(this, data)
      return this.countOutbound(data.length)
    }
    const bytes = toBytes(data)
    if (options?.binary !== false) return this.sendBytes(layout.OUT_BINARY, bytes)
    if (!isUtf8(bytes)) throw invalidArgument('data sent as text must be valid UTF-8')
    return this.sendBytes(layout.OUT_TEXT, bytes)
  }

  ping(data?: Payload): boolean {
    return this.sendControl(layout.OUT_PING, data)
  }

  pong(data?: Payload): boolean {
    return this.sendControl(layout.OUT_PONG, data)
  }

  private sendControl(kind: number, data: Payload | undefined): boolean {
    const bytes = data === undefined ? noBytes : toBytes(data)
    if (bytes.length > controlPayloadMax) {
      throw outOfRange(`the payload of a ping or pong has at most 125 bytes, not ${bytes.length}`)
    }
    return this.sendBytes(kind, bytes)
  }

  private sendBytes(kind: number, bytes: Uint8Array): boolean {
    if (this.readyState !== OPEN || this.isOverfull()) return false
    appendBytes(kind, this, bytes)
    return this.countOutbound(bytes.length)
  }

  // Whether it holds so much that nothing more is taken, and what that means for it.
  private isOverfull(): boolean {
    const { outboundLimit } = this.server
    if (outboundBytes[this.slot] <= outboundLimit) return false
    flush() // much of it may only have waited for the end of the tick
    if (outboundBytes[this.slot] <= outboundLimit) return false
    if (this.server.dropsMessages) {
      this.server.messagesDropped++
    } else {
      this.drop('the peer reads too slowly: too many bytes wait for it')
    }
    return true
  }

  // C++ sets the number right after each flush.
  private countOutbound(size: number): boolean {
    outboundBytes[this.slot] += size
    return outboundBytes[this.slot] <= this.server.highWaterMark
  }

  close(code?: number, reason?: string): void {
    if (reason !== undefined && typeof reason !== 'string') {
      throw invalidArgument(`a close reason must be a string, not ${inspect(reason)}`)
    }
    const payload = reason === undefined || reason === '' ? noBytes : Buffer.from(reason)
    if (code === undefined && payload.length > 0) throw invalidArgument('a close reason needs a close code')
    if (code !== undefined && !maySendCloseCode(code)) {
      throw outOfRange(`a close code is 1000–1003, 1007–1014 or 3000–4999, not ${code}`)
    }
    if (payload.length > closeReasonMax) {
      throw outOfRange(`a close reason has at most 123 bytes of UTF-8, not ${payload.length}`)
    }
    if (this.readyState !== OPEN) return
    this.readyState = CLOSING
    appendBytes(withCode(layout.OUT_CLOSE, code ?? noStatus), this, payload)
  }

  terminate(): void {
    if (this.readyState === ReadyState.CLOSED) return
    this.drop('terminated')
  }

  private drop(reason: string): void {
    this.readyState = ReadyState.CLOSED
    appendBytes(layout.OUT_TERMINATE, this, Buffer.from(reason))
  }

  pause(): void {
    if (this.readyState !== ReadyState.CLOSED) appendBytes(layout.OUT_PAUSE, this, noBytes)
  }

  resume(): void {
    if (this.readyState !== ReadyState.CLOSED) appendBytes(layout.OUT_RESUME, this, noBytes)
  }

  [inspect.custom](): string {
    const state = Object.entries(ReadyState).find(([, value]) => value === this.readyState)?.[0]
    return `Socket { ${state}, ${this.remoteAddress}:${this.remotePort} → :${this.localPort}, data: ${inspect(this.data)} }`
  }
}

// A string that is joined with others must not end within a surrogate pair: its half would meet the next one's.
function canBeGathered(data: string): boolean {
  const { length } = data
  if (length > layout.OUTBOX_TEXT_UNITS) return false
  return length === 0 || (data.charCodeAt(length - 1) & 0xfc00) !== 0xd800
}

function toBytes(data: Payload): Uint8Array {
  if (data instanceof Uint8Array) return data
  if (typeof data === 'string') return Buffer.from(data)
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  if (types.isAnyArrayBuffer(data)) return new Uint8Array(data)
  throw invalidArgument(`data must be a string, Buffer, typed array, DataView or ArrayBuffer, not ${inspect(data)}`)
}

function maySendCloseCode(code: number): boolean {
  if (!Number.isInteger(code)) return false
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999)
}

export function formatAddress(peer: number | string): string {
  if (typeof peer === 'string') return peer
  return `${peer >>> 24}.${(peer >>> 16) & 255}.${(peer >>> 8) & 255}.${peer & 255}`
}
