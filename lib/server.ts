// serve(): a server on one port or many, and its end.

import { getSystemErrorName } from 'node:util'
import { noTls, serverClosed } from './errors.js'
import { dispatch, markClosing, servers } from './inbox.js'
import { addressesOf, listenOnFirst } from './listening.js'
import { type NativeServerOptions, native } from './native.js'
import { checkServeOptions, parsePorts } from './options.js'
import { flush } from './outbox.js'
import { ServerTls } from './server-tls.js'
import { memory } from './shared-memory.js'
import type { SecureContextOptions, ServeOptions, Server, ServerStats } from './types.js'

let started = false

/**
 * Listens on all ports of `options.port`, or on none.
 * @throws TypeError or RangeError for options that are wrong; a ListenError, which names every port that failed; the
 * signal's reason when it has aborted already.
 */
export async function serve<T = undefined>(options: ServeOptions<T>): Promise<Server> {
  const nativeOptions = checkServeOptions(options)
  const ports = parsePorts(options.port)
  const tls = options.tls && new ServerTls(options.tls)
  options.signal?.throwIfAborted()
  const addresses = await addressesOf(options.host)
  options.signal?.throwIfAborted()
  return new ServerImpl<T>(options, nativeOptions, tls, (id) =>
    listenOnFirst(addresses, (address) => native.listen(id, address, ports)),
  )
}

/** Default of `maxOutbound`. */
const maxOutboundDefault = 64 * 1024 * 1024

export class ServerImpl<T> implements Server {
  readonly ports: readonly number[]
  readonly host: string
  readonly highWaterMark: number
  /** A connection that holds more outbound bytes takes no message: it is dropped, or the message is. */
  readonly outboundLimit: number
  /** The same for a fragment of a message that has begun, which cannot be dropped alone. */
  readonly fragmentLimit: number
  readonly dropsMessages: boolean
  /** Binary messages are lent to the handler, until it returns. */
  readonly lendsMessages: boolean
  messagesDropped = 0
  readonly #id: number
  #closing: Promise<void> | undefined
  #closed: (() => void) | undefined
  #keepsAlive = false

  constructor(
    readonly handlers: ServeOptions<T>,
    options: NativeServerOptions,
    readonly tls: ServerTls | undefined,
    listen: (id: number) => { host: string; ports: number[] },
  ) {
    if (!started) native.start(memory, dispatch)
    started = true
    this.highWaterMark = options.highWaterMark
    const { outboundPolicy = 'pause', maxOutbound = maxOutboundDefault } = handlers
    this.outboundLimit = outboundPolicy === 'pause' ? maxOutbound : options.highWaterMark
    this.fragmentLimit = outboundPolicy === 'close' ? options.highWaterMark : Math.max(maxOutbound, this.outboundLimit)
    this.dropsMessages = outboundPolicy === 'drop'
    this.lendsMessages = handlers.binaryType === 'view'
    this.#id = native.createServer(options)
    servers[this.#id] = this
    tls?.start(this.#id)
    try {
      const { host, ports } = listen(this.#id)
      this.host = host
      this.ports = Object.freeze(ports)
    } catch (error) {
      this.#forget()
      throw error
    }
    this.ref()
    handlers.signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  get secure(): boolean {
    return this.tls !== undefined
  }

  get connections(): number {
    return this.stats().connections
  }

  stats(): ServerStats {
    const sums = this.#finalStats ?? this.#readStats()
    const [connections, accepted, refused, messagesReceived, messagesSent, bytesReceived, bytesSent] =
      sums as unknown as [number, number, number, number, number, number, number]
    const { messagesDropped } = this
    return {
      connections,
      accepted,
      refused,
      messagesReceived,
      messagesSent,
      messagesDropped,
      bytesReceived,
      bytesSent,
    }
  }

  async setSecureContext(options?: SecureContextOptions, hostName = ''): Promise<void> {
    if (this.tls === undefined) throw noTls()
    if (this.#closing) throw serverClosed()
    this.tls.set(options, hostName)
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#closed = resolve
      this.handlers.signal?.removeEventListener('abort', this.#onAbort)
      this.ref() // until it is closed: somebody may wait for that
      flush() // what was sent before goes before the close frames
      markClosing(this as ServerImpl<unknown>)
      native.closeServer(this.#id)
    })
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  ref(): this {
    return this.#keepAlive(true)
  }

  unref(): this {
    return this.#keepAlive(false)
  }

  /** C++ says that nothing is left of the server. */
  finishClosing(): void {
    this.#finalStats = this.#readStats()
    this.unref()
    this.#forget()
    this.#closed?.()
  }

  warnOfAcceptError(errno: number): void {
    const code = getSystemErrorName(-errno)
    const ports = this.ports.length === 1 ? this.ports[0] : `${this.ports[0]}–${this.ports.at(-1)}`
    process.emitWarning(`no connections can be accepted on port ${ports} for now: ${code}`, {
      type: 'NtywsWarning',
      code,
      detail: 'The process has run out of file descriptors or memory. Open connections are served on.',
    })
  }

  #finalStats: Float64Array | undefined
  readonly #onAbort = (): void => void this.close()

  #readStats(): Float64Array {
    const sums = new Float64Array(7)
    native.readStats(this.#id, sums)
    return sums
  }

  #keepAlive(keepAlive: boolean): this {
    if (this.#keepsAlive !== keepAlive && (!keepAlive || servers[this.#id] === this)) {
      this.#keepsAlive = keepAlive
      keepingAlive += keepAlive ? 1 : -1
      native.setKeepAlive(keepingAlive > 0)
    }
    return this
  }

  #forget(): void {
    servers[this.#id] = undefined
    native.forgetServer(this.#id)
  }
}

/** How many servers keep the process going. */
let keepingAlive = 0
