// One worker of serveWorkers() from its start to its end, whichever way it ends.

import { Worker } from 'node:worker_threads'
import {
  type FromWorker,
  type Loaded,
  type SecureContextChange,
  type Sockets,
  statNames,
  type ToWorker,
  type WorkerStart,
} from './worker-protocol.js'

export interface WorkerEnd {
  exitCode: number
  /** What it did not catch. */
  error?: Error
}

export class WorkerThread {
  readonly #worker: Worker
  readonly #loaded = deferred<Loaded>()
  readonly #listening = deferred<void>()
  /** Of changes that it has not answered yet, in their order. */
  readonly #secureContexts: Deferred<void>[] = []
  /** Written by the worker. */
  readonly stats = new Float64Array(new SharedArrayBuffer(statNames.length * Float64Array.BYTES_PER_ELEMENT))
  readonly ended: Promise<WorkerEnd>
  isListening = false

  constructor(start: Omit<WorkerStart, 'stats'>) {
    const workerData: WorkerStart = { ...start, stats: this.stats }
    // What `node --input-type=module -e …` says of its source does not hold for a file, and would be refused.
    const execArgv = process.execArgv.filter((argument) => !argument.startsWith('--input-type'))
    this.#worker = new Worker(new URL('./worker-entry.js', import.meta.url), { workerData, execArgv })
    this.#worker.on('message', (message: FromWorker) => {
      if (message === 'listening') {
        this.isListening = true
        this.#listening.resolve()
      } else if ('loaded' in message) {
        this.#loaded.resolve(message.loaded)
      } else {
        const answered = this.#secureContexts.shift()
        if (message.secureContext) {
          const { error, name, code } = message.secureContext
          answered?.reject(Object.assign(error, { name, code }))
        } else {
          answered?.resolve()
        }
      }
    })
    this.ended = new Promise((resolve) => {
      let error: { error?: Error } = {}
      this.#worker.once('error', (thrown) => {
        error = { error: thrown }
      })
      this.#worker.once('exit', (exitCode) => resolve({ exitCode, ...error }))
    })
    void this.ended.then(({ exitCode, error }) => {
      const reason = error ?? new Error(`a worker ended with exit code ${exitCode} before it listened`)
      this.#loaded.reject(reason)
      this.#listening.reject(reason)
    })
  }

  /** The module is loaded. @throws what ended the worker before that */
  get loaded(): Promise<Loaded> {
    return this.#loaded.promise
  }

  /** Resolves when it listens. @throws what ended the worker before that */
  listen(sockets: Sockets): Promise<void> {
    this.#tell({ sockets })
    return this.#listening.promise
  }

  /** @throws what serve() throws for `tls` */
  async setSecureContext(change: SecureContextChange): Promise<void> {
    const answered = deferred<void>()
    // One that ends is asked no more: another takes its place.
    void this.ended.then(() => answered.resolve())
    await Promise.race([this.#listening.promise, answered.promise]).catch(() => {})
    this.#secureContexts.push(answered)
    this.#tell({ secureContext: change })
    return answered.promise
  }

  /** Lets the connections finish; one that does not listen yet has none. */
  close(): void {
    if (this.isListening) this.#tell('close')
    else this.terminate()
  }

  terminate(): void {
    void this.#worker.terminate()
  }

  keepAlive(keepAlive: boolean): void {
    if (keepAlive) this.#worker.ref()
    else this.#worker.unref()
  }

  #tell(message: ToWorker): void {
    this.#worker.postMessage(message)
  }
}

interface Deferred<T> {
  promise: Promise<T>
  resolve(value: T): void
  reject(reason: Error): void
}

function deferred<T>(): Deferred<T> {
  const result = {} as Deferred<T>
  result.promise = new Promise((resolve, reject) => Object.assign(result, { resolve, reject }))
  result.promise.catch(() => {}) // whoever waits for it is told; nobody need wait
  return result
}
