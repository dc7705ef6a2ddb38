// serveWorkers(): several threads that serve the same ports with the same handler module. Opens the ports, keeps the workers
// going, and adds up what they do.

import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { invalidArgument, noTls, serverClosed } from '../base/errors.js'
import { ownOptions } from '../base/own-properties.js'
import { shown } from '../base/shown.js'
import { native, type SharedListenOutcome } from '../bridge/native.js'
import { checkObject, integer } from '../options/connection-options.js'
import { addressesOf, listenOnFirst } from '../server/listening.js'
import { parsePorts } from '../server/ports.js'
import { handlerNames } from '../server/serve-options.js'
import { normalHostName } from '../server/server-tls.js'
import { newTicketKeys } from '../tls/secure-context.js'
import type { PortSpec, SecureContextOptions, Server, ServerStats, WorkerExit, WorkersOptions } from '../types/index.js'
import { statNames, type WorkerStart } from './worker-protocol.js'
import { WorkerThread } from './worker-thread.js'

/**
 * Starts `options.workers` threads. Each loads the module `handler` and serves all the ports with what it exports.
 * @param handler a `file:` URL, or a path relative to the working directory.
 * @throws what `serve` throws; `ERR_INVALID_HANDLER_MODULE` when there is no such module or it has no handlers; whatever
 * the module throws itself. Nothing is left running then.
 */
export async function serveWorkers(handler: string | URL, given: WorkersOptions = {}): Promise<Server> {
  checkObject('serveWorkers', given)
  const options = ownOptions(given)
  const start = checkWorkersOptions(handler, options)
  options.signal?.throwIfAborted()
  const server = new Workers(start, options)
  await server.start()
  return server
}

const workersMax = 1024
/** A worker that lives shorter than this died at once. */
const earlyDeathMs = 5000
const restartDelayMinMs = 100
const restartDelayMaxMs = 10_000
/** What a worker may take for its end beyond `closeTimeout`. */
const closeGraceMs = 1000

function checkWorkersOptions(handler: unknown, options: WorkersOptions): Omit<WorkerStart, 'stats'> {
  if (typeof handler !== 'string' && !(handler instanceof URL && handler.protocol === 'file:')) {
    throw invalidArgument(`the handler module is a path or a file: URL, not ${shown(handler)}`)
  }
  const { workers, workerExit, signal, ...rest } = options
  for (const name of handlerNames) {
    if (Object.hasOwn(rest, name))
      throw invalidArgument(`${name} cannot be handed to a worker: export it from the handler module`)
  }
  if (typeof rest.origins === 'function') {
    throw invalidArgument('a function as origins cannot be handed to a worker: export it from the handler module')
  }
  if (workerExit !== undefined && typeof workerExit !== 'function') {
    throw invalidArgument(`workerExit must be a function, not ${shown(workerExit)}`)
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw invalidArgument(`signal must be an AbortSignal, not ${shown(signal)}`)
  }
  return {
    handler: (handler instanceof URL ? handler : pathToFileURL(resolve(handler))).href,
    // What is undefined is left to the module.
    options: Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
    ticketKeys: newTicketKeys(),
    secureContexts: new Map(),
  }
}

/** The place of one worker: its thread of now, and what those before it did. */
interface Place {
  thread: WorkerThread | undefined
  startedMs: number
  /** In a row, each of a worker that died at once. */
  earlyDeaths: number
  restart: NodeJS.Timeout | undefined
  pastSums: number[]
}

class Workers implements Server {
  ports: readonly number[] = []
  host = ''
  secure = false
  // Both have keys of TLS, which are for nobody who looks at the server.
  readonly #workerStart: Omit<WorkerStart, 'stats'>
  readonly #options: WorkersOptions
  readonly #places: Place[]
  #sockets!: SharedListenOutcome
  #closeTimeout = 0
  #closing: Promise<void> | undefined
  #keepsAlive = true

  constructor(start: Omit<WorkerStart, 'stats'>, options: WorkersOptions) {
    this.#workerStart = start
    this.#options = options
    const count = integer('workers', options.workers, availableParallelism(), 1, workersMax)
    this.#places = Array.from({ length: count }, () => ({
      thread: undefined,
      startedMs: 0,
      earlyDeaths: 0,
      restart: undefined,
      pastSums: statNames.map(() => 0),
    }))
  }

  async start(): Promise<void> {
    const threads = this.#places.map((place) => this.#startThread(place))
    try {
      const [first] = await Promise.all(threads.map((thread) => thread.loaded))
      const { port, host, backlog, reusePort, closeTimeout, secure } = first as NonNullable<typeof first>
      this.#closeTimeout = closeTimeout
      this.secure = secure
      const ports = parsePorts(port as PortSpec)
      const addresses = await addressesOf(host)
      this.#options.signal?.throwIfAborted()
      const outcome = listenOnFirst(addresses, (address) =>
        native.listenShared(address, ports, backlog, reusePort, threads.length),
      )
      this.#sockets = outcome
      this.host = outcome.host
      this.ports = Object.freeze(outcome.ports)
      await Promise.all(threads.map((thread, index) => this.#listen(thread, index)))
    } catch (error) {
      for (const thread of threads) thread.terminate()
      await Promise.all(threads.map((thread) => thread.ended))
      if (this.#sockets) native.closeShares(this.#sockets.shares)
      throw error
    }
    for (const [index, place] of this.#places.entries()) this.#supervise(place, index)
    this.#options.signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  get connections(): number {
    return this.stats().connections
  }

  stats(): ServerStats {
    const stats = {} as ServerStats
    for (const [i, name] of statNames.entries()) {
      stats[name] = this.#places.reduce(
        (sum, { pastSums, thread }) => sum + (pastSums[i] as number) + (thread?.stats[i] ?? 0),
        0,
      )
    }
    return stats
  }

  async setSecureContext(options?: SecureContextOptions, hostName?: string): Promise<void> {
    if (!this.secure) throw noTls()
    if (this.#closing) throw serverClosed()
    await Promise.all(this.#places.map(({ thread }) => thread?.setSecureContext({ options, hostName })))
    // For those that take a worker's place.
    const name = normalHostName(hostName)
    if (options && name === '') this.#workerStart.options.tls = options
    else if (options) this.#workerStart.secureContexts.set(name, options)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
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

  readonly #onAbort = (): void => void this.close()

  async #close(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    this.ref() // until it is closed: somebody may wait for that
    const threads = this.#places.flatMap(({ thread, restart }) => {
      clearTimeout(restart)
      return thread ?? []
    })
    for (const thread of threads) thread.close()
    // One that is about to listen may be duplicating the sockets: their numbers must be theirs until it has ended.
    await Promise.all(threads.map((thread) => !thread.isListening && thread.ended))
    native.closeShares(this.#sockets.shares)
    // Each keeps to closeTimeout itself, unless its handlers never return.
    const deadline = setTimeout(() => {
      for (const thread of threads) thread.terminate()
    }, this.#closeTimeout + closeGraceMs)
    await Promise.all(threads.map((thread) => thread.ended))
    clearTimeout(deadline)
  }

  #startThread(place: Place): WorkerThread {
    const thread = new WorkerThread(this.#workerStart)
    thread.keepAlive(this.#keepsAlive)
    place.thread = thread
    place.startedMs = performance.now()
    return thread
  }

  #listen(thread: WorkerThread, index: number): Promise<void> {
    const { ports, descriptors } = this.#sockets
    return thread.listen({ host: this.host, ports, descriptors: descriptors[index] as number[] })
  }

  // The sockets of a worker that died are open still: who connects meanwhile waits for the next one.
  async #supervise(place: Place, index: number): Promise<void> {
    const thread = place.thread as WorkerThread
    const end = await thread.ended
    for (const [i, name] of statNames.entries()) {
      if (name !== 'connections') place.pastSums[i] = (place.pastSums[i] as number) + (thread.stats[i] as number)
    }
    place.thread = undefined
    if (this.#closing) return

    const restartDelay = this.#restartDelay(place)
    place.restart = setTimeout(() => this.#restart(place, index), restartDelay)
    if (!this.#keepsAlive) place.restart.unref()
    const { workerExit = warnOfWorkerExit } = this.#options
    workerExit({ worker: index + 1, ...end, restartDelay })
  }

  #restartDelay(place: Place): number {
    place.earlyDeaths = performance.now() - place.startedMs < earlyDeathMs ? place.earlyDeaths + 1 : 0
    if (place.earlyDeaths < 2) return 0
    return Math.min(restartDelayMinMs * 2 ** (place.earlyDeaths - 2), restartDelayMaxMs)
  }

  #restart(place: Place, index: number): void {
    const thread = this.#startThread(place)
    void this.#supervise(place, index)
    // Where loading or listening fails, the thread ends, and that is seen to above.
    const listen = async () => {
      await thread.loaded
      if (!this.#closing) await this.#listen(thread, index)
    }
    listen().catch(() => {})
  }

  #keepAlive(keepAlive: boolean): this {
    this.#keepsAlive = keepAlive
    for (const { thread, restart } of this.#places) {
      thread?.keepAlive(keepAlive)
      if (keepAlive) restart?.ref()
      else restart?.unref()
    }
    return this
  }
}

function warnOfWorkerExit({ worker, exitCode, error, restartDelay }: WorkerExit): void {
  const reason = error ? `died of ${error.name}: ${error.message}` : `ended with exit code ${exitCode}`
  const when = restartDelay === 0 ? 'now' : `in ${restartDelay} ms`
  process.emitWarning(`worker ${worker} ${reason}; another takes its place ${when}`, {
    type: 'NtywsWarning',
    ...(error?.stack !== undefined && { detail: error.stack }),
  })
}
