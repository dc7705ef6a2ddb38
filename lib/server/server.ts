// serve(): a server on one port or many, and its end.

import { getSystemErrorName, inspect } from 'node:util'
import { noTls, serverClosed } from '../base/errors.js'
import { handlersOf } from '../base/own-properties.js'
import { KeepAlive } from '../bridge/keep-alive.js'
import { type NativeServerOptions, native } from '../bridge/native.js'
import { flush, type SlotHandle } from '../bridge/outbox.js'
import type { RequestImpl } from '../http/request.js'
import { SocketGroup } from '../socket/socket-group.js'
import { markClosing, servers, type TurnServer } from '../turn/registry.js'
import { ensureStarted } from '../turn/start.js'
import type {
  Client,
  PortSpec,
  SecureContextOptions,
  ServeOptions,
  Server,
  ServerStats,
  SocketError,
  UnixServeOptions,
} from '../types/index.js'
import { answerRequest, answerUpgrade, type Decider } from './answer-upgrade.js'
import { addressesOf, type Listening, listenAt, listenOnFirst } from './listening.js'
import { type OriginRule, originRule } from './origins.js'
import { parsePorts } from './ports.js'
import { checkServeOptions, handlerNames, ownServeOptions } from './serve-options.js'
import { ServerTls } from './server-tls.js'
import type { SocketFile } from './socket-file.js'

/**
 * Listens on all ports of `options.port`, or on none; or on a Unix socket.
 * @throws TypeError or RangeError for options that are wrong; a ListenError, which names every port that failed; the
 * signal's reason when it has aborted already.
 */
export async function serve<T = undefined>(given: ServeOptions<T> | UnixServeOptions<T>): Promise<Server> {
  const options = ownServeOptions(given)
  const nativeOptions = checkServeOptions(options)
  const handlers = handlersOf(given, handlerNames)
  const tls = options.tls === undefined ? undefined : new ServerTls(options.tls)
  if ('path' in options && options.path !== undefined) {
    options.signal?.throwIfAborted()
    return new ServerImpl<T>(handlers, options, nativeOptions, tls, (id) => listenAt(id, options))
  }
  const ports = parsePorts(options.port as PortSpec)
  options.signal?.throwIfAborted()
  const addresses = await addressesOf(options.host)
  options.signal?.throwIfAborted()
  return new ServerImpl<T>(handlers, options, nativeOptions, tls, (id) =>
    listenOnFirst(addresses, (address) => native.listen(id, address, ports)),
  )
}

export class ServerImpl<T> implements Server, TurnServer, Decider<T> {
  readonly ports: readonly number[]
  readonly host: string
  readonly group: SocketGroup<T>
  readonly originRule: OriginRule | undefined
  readonly #id: number
  #closing: Promise<void> | undefined
  #closed: (() => void) | undefined
  readonly #keepAlive = new KeepAlive()
  readonly #signal: AbortSignal | undefined
  readonly #socketFile: SocketFile | undefined

  constructor(
    readonly handlers: ServeOptions<T> | UnixServeOptions<T>,
    options: ServeOptions<T> | UnixServeOptions<T>,
    nativeOptions: NativeServerOptions,
    readonly tls: ServerTls | undefined,
    listen: (id: number) => Listening,
  ) {
    ensureStarted()
    this.originRule = originRule(options.origins)
    this.#signal = options.signal
    this.group = new SocketGroup<T>(handlers, options, nativeOptions.highWaterMark)
    this.#id = native.createServer(nativeOptions)
    servers[this.#id] = this
    tls?.start(this.#id)
    try {
      const { host, ports, socketFile } = listen(this.#id)
      this.host = host
      this.#socketFile = socketFile
      this.ports = Object.freeze(ports)
    } catch (error) {
      this.#forget()
      throw error
    }
    this.ref()
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  get secure(): boolean {
    return this.tls !== undefined
  }

  get connections(): number {
    return this.stats().connections
  }

  stats(): ServerStats {
    const sums = this.#finalStats ?? this.#readStats()
    const stats = { messagesDropped: this.group.messagesDropped } as ServerStats
    for (const [i, name] of native.statNames.entries()) stats[name] = sums[i] as number
    return stats
  }

  async setSecureContext(options?: SecureContextOptions, hostName?: string): Promise<void> {
    if (this.tls === undefined) throw noTls()
    if (this.#closing) throw serverClosed()
    this.tls.set(options, hostName)
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#closed = resolve
      this.#signal?.removeEventListener('abort', this.#onAbort)
      this.ref() // until it is closed: somebody may wait for that
      flush() // what was sent before goes before the close frames
      markClosing(this)
      this.#socketFile?.remove() // while it is listened on: no other file can have its number yet
      native.closeServer(this.#id)
    })
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  ref(): this {
    if (servers[this.#id] === this) this.#keepAlive.ref()
    return this
  }

  unref(): this {
    this.#keepAlive.unref()
    return this
  }

  // Handlers and options may be one object, with keys among them: neither console.log nor a logger that writes JSON shows it.
  [inspect.custom](): string {
    return `Server { ${this.host}${this.ports.length > 0 ? `, ports ${this.ports.join(', ')}` : ''} }`
  }

  toJSON(): object {
    const { host, ports, secure } = this
    return { host, ports, secure }
  }

  answerUpgrade(to: SlotHandle, request: RequestImpl): void {
    answerUpgrade(this, to, request)
  }

  answerRequest(to: SlotHandle, request: RequestImpl): void {
    answerRequest(this, to, request)
  }

  failTls(error: SocketError, client: Client): void {
    this.handlers.tlsError?.(error, client)
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
    const sums = new Float64Array(native.statNames.length)
    native.readStats(this.#id, sums)
    return sums
  }

  #forget(): void {
    servers[this.#id] = undefined
    native.forgetServer(this.#id)
  }
}
