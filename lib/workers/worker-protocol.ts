// What the thread that called serveWorkers() and its workers tell each other.

import { native } from '../bridge/native.js'
import type { SecureContextOptions, ServeOptions, ServerStats } from '../types/index.js'

/** Handed over when a worker is started. */
export interface WorkerStart {
  /** URL of the handler module. */
  handler: string
  /** They win over those that the module exports. */
  options: Partial<ServeOptions<unknown>>
  /** The worker's sums, in the order of `statNames`, written every `statsIntervalMs` and at its end. */
  stats: Float64Array
  /** The same for all workers, so that each resumes the TLS sessions of the others. */
  ticketKeys: Uint8Array
  /** Those that the server was given besides `options.tls`, by host name. */
  secureContexts: Map<string, SecureContextOptions>
}

/** First word of a worker: the module is loaded, and this is what it takes to open its ports. */
export type Loaded = Pick<ServeOptions, 'port' | 'host'> & {
  backlog: number
  reusePort: boolean
  closeTimeout: number
  secure: boolean
}

/** Answer to it: the sockets to listen through. */
export interface Sockets {
  host: string
  ports: number[]
  descriptors: number[]
}

/** What `server.setSecureContext` was called with. */
export interface SecureContextChange {
  options: SecureContextOptions | undefined
  hostName: string | undefined
}

/** `secureContext`: the answer to a change, with what failed. */
export type FromWorker =
  | { loaded: Loaded }
  | 'listening'
  | { secureContext: { error: Error; name: string; code: string } | undefined }
export type ToWorker = { sockets: Sockets } | { secureContext: SecureContextChange } | 'close'

export const statNames: readonly (keyof ServerStats)[] = [...native.statNames, 'messagesDropped']

export const statsIntervalMs = 100
