// A connection that is made again when it ends: when to try, when to give up, and what happens to messages meanwhile.
// Everything else is connect()'s.

import { inspect } from 'node:util'
import { handlersOf, ownOption, ownOptions } from '../base/own-properties.js'
import { checkHandlers, checkObject, integer, socketHandlerNames } from '../options/connection-options.js'
import { isText, toBytes } from '../socket/payload.js'
import {
  type ConnectError,
  type ConnectOptions,
  type Handlers,
  type Payload,
  ReadyState,
  type ReconnectOptions,
  type ReconnectState,
  type SendOptions,
  type SendResult,
  type Socket,
} from '../types/index.js'
import { connect } from './connect.js'

const maxInt32 = 0x7fffffff

/** Refusals that may be over soon: too slow, too early, too many. All others below 500 are meant. */
const passingRefusals = new Set([408, 425, 429])

const ownHandlerNames = ['retry', 'stateChange', 'connectError'] as const

export class ReconnectingSocket<T = undefined> {
  #state: ReconnectState = 'connecting'
  #socket: Socket<T> | undefined
  #attempts = 0
  #openedMs = 0
  #retryAt: number | undefined
  #timer: NodeJS.Timeout | undefined
  readonly #queue: { data: string | Uint8Array; options: SendOptions }[] = []
  #queuedBytes = 0
  readonly #aborter = new AbortController()
  readonly #options: ReconnectOptions<T>
  readonly #handlers: Handlers<T> & Pick<ReconnectOptions<T>, (typeof ownHandlerNames)[number]>
  readonly #limits: { minDelay: number; maxDelay: number; maxAttempts: number; stableAfter: number; maxQueue: number }

  /** Begins to connect. @throws TypeError or RangeError for options that are wrong. */
  constructor(
    readonly url: string | URL | (() => string | URL | Promise<string | URL>),
    given: ReconnectOptions<T> = {},
  ) {
    checkObject('ReconnectingSocket', given)
    const names = [...socketHandlerNames, ...ownHandlerNames]
    const options = ownOptions(given, names)
    checkHandlers(options, names)
    this.#options = options
    this.#handlers = handlersOf(given, names)
    const { minDelay, maxDelay, maxAttempts, stableAfter, maxQueue } = options
    this.#limits = {
      minDelay: integer('minDelay', minDelay, 500, 1, maxInt32),
      maxDelay: integer('maxDelay', maxDelay, 30_000, 1, maxInt32),
      maxAttempts: integer('maxAttempts', maxAttempts, 0, 0, maxInt32),
      stableAfter: integer('stableAfter', stableAfter, 5000, 0, maxInt32),
      maxQueue: integer('maxQueue', maxQueue, 0, 0, maxInt32),
    }
    options.signal?.throwIfAborted()
    options.signal?.addEventListener('abort', this.#onAbort, { once: true })
    void this.#connect()
  }

  readonly #onAbort = (): void => {
    this.#aborter.abort(this.#options.signal?.reason)
    this.#end()
  }

  get state(): ReconnectState {
    return this.#state
  }

  /** The open connection, or undefined. */
  get socket(): Socket<T> | undefined {
    return this.#socket
  }

  /** Failures in a row: connections that came to nothing, or ended sooner than `stableAfter`. */
  get attempts(): number {
    return this.#attempts
  }

  /** When the next attempt begins, in milliseconds as Date.now() has them; undefined unless `waiting`. */
  get retryAt(): number | undefined {
    return this.#retryAt
  }

  /** Messages that wait for a connection. */
  get queued(): number {
    return this.#queue.length
  }

  /**
   * Sends a message once, or not at all: what a connection had taken when it broke is not sent again.
   * @returns `'sent'` when a connection has taken it; `'queued'` when it waits for one; `'refused'` when neither: it is not
   * sent.
   */
  send(data: Payload, options?: Omit<SendOptions, 'fin'>): SendResult {
    const binary = options && ownOption(options, 'binary', options.binary)
    const compress = options && ownOption(options, 'compress', options.compress)
    const socket = this.#socket
    if (socket?.readyState === ReadyState.OPEN) {
      const isAsUsual = binary === undefined && compress === undefined // which socket.send knows by there being no options
      socket.send(data, isAsUsual ? undefined : { binary, compress })
      return socket.readyState === ReadyState.OPEN ? 'sent' : 'refused'
    }
    const bytes = toBytes(data)
    const hasRoom = this.#queuedBytes + bytes.length <= this.#limits.maxQueue
    if (this.#state === 'closed' || this.#limits.maxQueue === 0 || !hasRoom) return 'refused'
    const kept = typeof data === 'string' ? data : Buffer.from(bytes) // the caller may change what it gave
    this.#queue.push({ data: kept, options: { binary: !isText(data, binary), compress } })
    this.#queuedBytes += bytes.length
    return 'queued'
  }

  /**
   * Closes the connection, or stops trying to make one, for good.
   * @returns how many messages waited, and are not sent any more.
   */
  close(code?: number, reason?: string): number {
    this.#socket?.close(code, reason)
    const left = this.#queue.length
    this.#end()
    if (!this.#socket) this.#aborter.abort()
    return left
  }

  // The URL may have a token in it.
  [inspect.custom](): string {
    return `ReconnectingSocket { ${this.#state} }`
  }

  toJSON(): object {
    return { state: this.#state }
  }

  async #connect(): Promise<void> {
    this.#change('connecting')
    try {
      const url = typeof this.url === 'function' ? await this.url() : this.url
      await connect<T>(url, this.#connectOptions())
    } catch (error) {
      this.#failed(error as ConnectError)
    }
  }

  #connectOptions(): ConnectOptions<T> {
    return {
      ...this.#options,
      signal: this.#aborter.signal,
      open: (socket) => this.#opened(socket),
      close: (socket, code, reason) => this.#closed(socket, code, reason),
    } as ConnectOptions<T>
  }

  // The open handler first: who we are has to be said before what has waited.
  #opened(socket: Socket<T>): void {
    this.#socket = socket
    this.#openedMs = performance.now()
    this.#change('open')
    try {
      this.#handlers.open?.(socket)
    } finally {
      while (this.#queue.length > 0 && socket.readyState === ReadyState.OPEN) {
        const { data, options } = this.#queue.shift() as { data: string | Uint8Array; options: SendOptions }
        this.#queuedBytes -= toBytes(data).length
        socket.send(data, options)
      }
    }
  }

  #closed(socket: Socket<T>, code: number, reason: string): void {
    this.#socket = undefined
    if (performance.now() - this.#openedMs >= this.#limits.stableAfter) this.#attempts = 0
    try {
      this.#handlers.close?.(socket, code, reason)
    } finally {
      const retry = this.#handlers.retry ?? (({ code }) => code !== 1000 && code !== 1008)
      if (this.#state !== 'closed') this.#next(retry({ code, reason }))
    }
  }

  #failed(error: ConnectError): void {
    if (this.#state === 'closed') return
    this.#handlers.connectError?.(error)
    const { status = 0 } = error
    const isMeant = (status >= 400 && status < 500 && !passingRefusals.has(status)) || error instanceof TypeError
    const { retry } = this.#handlers
    this.#next(retry ? retry({ code: error.code, reason: error.message, error }) : !isMeant)
  }

  #next(retries: boolean): void {
    if (this.#state === 'closed') return // by a handler, just now
    this.#attempts++
    const { maxAttempts, minDelay, maxDelay } = this.#limits
    if (!retries || (maxAttempts !== 0 && this.#attempts >= maxAttempts)) return this.#end()
    // Half of it is chance, so that clients that lost a server together do not come back together.
    const full = Math.min(maxDelay, minDelay * 2 ** (this.#attempts - 1))
    const delay = full / 2 + (Math.random() * full) / 2
    this.#retryAt = Date.now() + delay
    this.#timer = setTimeout(() => void this.#connect(), delay)
    this.#change('waiting')
  }

  #end(): void {
    clearTimeout(this.#timer)
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    this.#queue.length = this.#queuedBytes = 0
    this.#change('closed')
  }

  #change(state: ReconnectState): void {
    if (state !== 'waiting') this.#retryAt = undefined
    const changed = state !== this.#state
    this.#state = state
    if (changed) this.#handlers.stateChange?.(state)
  }
}
