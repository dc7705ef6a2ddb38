// A connection as handlers see it. Small and of one shape, as there may be very many.

import { isUtf8 } from 'node:buffer'
import { inspect } from 'node:util'
import { formatAddress } from '../base/address.js'
import { invalidArgument, outOfRange } from '../base/errors.js'
import { ownOption } from '../base/own-properties.js'
import { checkSize } from '../base/payload-size.js'
import { shown } from '../base/shown.js'
import { appendBytes, appendString, flush, withCode } from '../bridge/outbox.js'
import * as layout from '../bridge/record-layout.js'
import { memory } from '../bridge/shared-memory.js'
import {
  type Payload,
  ReadyState,
  type SendOptions,
  type Socket,
  type StreamOptions,
  type TlsInfo,
} from '../types/index.js'
import { FragmentedMessage, type OutboxRecord } from './fragmented-message.js'
import { invalidUtf8, isText, toBytes } from './payload.js'
import { holdBehindStream, sendStream, waitingBytes, wakeStream } from './send-stream.js'
import type { SocketGroup } from './socket-group.js'
import { MID_MESSAGE, READY_STATE, STREAMING } from './socket-state.js'

const { OPEN, CLOSING } = ReadyState
const outboundBytes = memory.outboundBytes
const noBytes = new Uint8Array(0)
const controlPayloadMax = 125
const closeReasonMax = 123
const noStatus = 1005

/** By socket: the message begun with `fin: false`. */
const unfinished = new WeakMap<object, FragmentedMessage>()

export class SocketImpl<T = unknown> implements Socket<T> {
  data: T
  state: number = OPEN

  constructor(
    readonly group: SocketGroup<T>,
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

  get readyState(): ReadyState {
    return (this.state & READY_STATE) as ReadyState
  }

  set readyState(readyState: ReadyState) {
    const isStreaming = (this.state & STREAMING) !== 0
    this.state = readyState
    if (isStreaming) wakeStream(this)
  }

  get bufferedAmount(): number {
    return this.unsentBytes + (this.state & STREAMING ? waitingBytes(this) : 0)
  }

  /** The same without what waits behind a stream. */
  get unsentBytes(): number {
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

  get tls(): TlsInfo | undefined {
    return this.group.dialled?.tls
  }

  get responseHeaders(): Readonly<Record<string, string>> | undefined {
    return this.group.dialled?.responseHeaders
  }

  send(data: Payload, options?: SendOptions): boolean {
    if (this.state !== OPEN || options !== undefined) return this.sendSpecial(data, options ?? {})
    if (typeof data === 'string') {
      if (this.isOverfull()) return false
      return this.countOutbound(appendString(this, data))
    }
    const bytes = toBytes(data)
    if (this.isOverfull()) return false
    appendBytes(layout.OUT_BINARY, this, bytes)
    return this.countOutbound(bytes.length)
  }

  // With options, in the middle of a message, or when the connection is no longer open.
  private sendSpecial(data: Payload, options: SendOptions): boolean {
    const binary = ownOption(options, 'binary', options.binary)
    const fin = ownOption(options, 'fin', options.fin) ?? true
    const compress = ownOption(options, 'compress', options.compress)
    if (!fin || this.state & MID_MESSAGE) return this.sendFragment(data, binary, fin)
    const asText = isText(data, binary)
    const isAsUsual = asText === (typeof data === 'string') && compress === undefined
    if (this.state === OPEN && isAsUsual) return this.send(data)
    const bytes = checkSize(toBytes(data))
    if (asText && typeof data !== 'string' && !isUtf8(bytes)) throw invalidUtf8()
    const record = { kind: (asText ? layout.OUT_TEXT : layout.OUT_BINARY) | compressionFlag(compress), bytes }
    return this.takes(false) && this.appendInTurn(record)
  }

  private sendFragment(data: Payload, binary: boolean | undefined, fin: boolean): boolean {
    const begun = this.state & MID_MESSAGE ? unfinished.get(this) : undefined
    const message = begun ?? new FragmentedMessage(isText(data, binary))
    const record = message.next(data, fin)
    if (!message.isDropped) message.isDropped = !this.takes(begun !== undefined)
    if (this.readyState !== OPEN) return false
    if (fin) {
      this.state &= ~MID_MESSAGE
      unfinished.delete(this)
    } else {
      this.state |= MID_MESSAGE
      unfinished.set(this, message)
    }
    return !message.isDropped && this.appendInTurn(record)
  }

  sendStream(pieces: AsyncIterable<Payload>, options?: StreamOptions): Promise<boolean> {
    return sendStream(this, pieces, options)
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
    if (this.readyState !== OPEN || this.isOverfull()) return false
    return this.append({ kind, bytes })
  }

  // Of a message that has begun no fragment can be left out, so there is room for it up to a limit of its own.
  private takes(continues: boolean): boolean {
    const { outboundLimit, fragmentLimit, dropsMessages } = this.group
    const limit = continues ? fragmentLimit : outboundLimit
    if (this.readyState !== OPEN) return false
    return this.bufferedAmount <= limit || !this.refuses(limit, dropsMessages && !continues)
  }

  // Behind the message that is being streamed, if there is one.
  private appendInTurn(record: OutboxRecord): boolean {
    if (!(this.state & STREAMING)) return this.append(record)
    holdBehindStream(this, record)
    return this.bufferedAmount <= this.group.highWaterMark
  }

  append({ kind, bytes }: OutboxRecord): boolean {
    appendBytes(kind, this, bytes)
    return this.countOutbound(bytes.length)
  }

  private isOverfull(): boolean {
    const { outboundLimit, dropsMessages } = this.group
    return outboundBytes[this.slot] > outboundLimit && this.refuses(outboundLimit, dropsMessages)
  }

  // Whether it holds so much that nothing more is taken, and what that means for it.
  private refuses(limit: number, dropsMessage: boolean): boolean {
    flush() // much of it may only have waited for the end of the tick
    if (this.bufferedAmount <= limit) return false
    if (dropsMessage) {
      this.group.messagesDropped++
    } else {
      this.drop('the peer reads too slowly: too many bytes wait for it')
    }
    return true
  }

  // C++ sets the number right after each flush.
  private countOutbound(size: number): boolean {
    outboundBytes[this.slot] += size
    return outboundBytes[this.slot] <= this.group.highWaterMark
  }

  close(code?: number, reason?: string): void {
    if (reason !== undefined && typeof reason !== 'string') {
      throw invalidArgument(`a close reason must be a string, not ${shown(reason)}`)
    }
    const payload = reason === undefined || reason === '' ? noBytes : Buffer.from(reason)
    if (code === undefined && payload.length > 0) throw invalidArgument('a close reason needs a close code')
    if (code !== undefined && !maySendCloseCode(code)) {
      throw outOfRange(`a close code is 1000–1003, 1007–1014 or 3000–4999, not ${shown(code)}`)
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

  unref(): this {
    this.group.dialled?.unref()
    return this
  }

  ref(): this {
    if (this.readyState !== ReadyState.CLOSED) this.group.dialled?.ref()
    return this
  }

  [inspect.custom](): string {
    const state = Object.entries(ReadyState).find(([, value]) => value === this.readyState)?.[0]
    return `Socket { ${state}, ${this.remoteAddress}:${this.remotePort} → :${this.localPort}, data: ${inspect(this.data)} }`
  }

  // Its group has options, with keys among them.
  toJSON(): object {
    const { readyState, remoteAddress, remotePort, localPort, data } = this
    return { readyState, remoteAddress, remotePort, localPort, data }
  }
}

function compressionFlag(compress: boolean | undefined): number {
  if (compress === undefined) return 0
  return (compress ? layout.FLAG_COMPRESS : layout.FLAG_DO_NOT_COMPRESS) << 8
}

function maySendCloseCode(code: number): boolean {
  if (!Number.isInteger(code)) return false
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999)
}
