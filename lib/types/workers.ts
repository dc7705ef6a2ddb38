// What `serveWorkers` takes and tells.

import type { PortSpec, ServeOptions } from './server.js'
import type { Handlers } from './socket.js'

/** How a worker of `serveWorkers` ended that was not told to. */
export interface WorkerExit {
  /** Counted from 1. */
  worker: number
  exitCode: number
  /** What it did not catch. */
  error?: Error
  /** Milliseconds until another takes its place. Grows while they die at once, from 0 to 10,000. */
  restartDelay: number
}

/** Options of `serve`, which win over those that the handler module exports; the handlers are the module's alone. */
export interface WorkersOptions
  extends Omit<
    ServeOptions<unknown>,
    'port' | 'upgrade' | 'handleProtocols' | 'request' | 'tlsError' | 'origins' | keyof Handlers<unknown>
  > {
  /** A function has to be exported by the handler module. */
  origins?: readonly string[]
  /** How many threads serve. Default: as many as the machine has cores for us. */
  workers?: number
  /** Needed where the handler module exports none. */
  port?: PortSpec
  /** A worker died. Default: a process warning. */
  workerExit?(exit: WorkerExit): void
}
