// What a ReconnectingSocket takes and tells.

import type { ConnectError, ConnectOptions } from './client.js'

/** `waiting` is between two attempts; `closed` is for good. */
export type ReconnectState = 'connecting' | 'open' | 'waiting' | 'closed'

/** What became of a message: a connection has it, it waits for one, or it is not sent. */
export type SendResult = 'sent' | 'queued' | 'refused'

/** Why there is no connection: a close code and reason, or the error of a dial. */
export interface ReconnectReason {
  code: number | string
  reason: string
  error?: ConnectError
}

/** Options of a ReconnectingSocket. `open` runs for each connection, before what has waited is sent. */
export interface ReconnectOptions<T = undefined> extends ConnectOptions<T> {
  /** Milliseconds before the first attempt after a failure, half of it by chance; it doubles with each. Default 500. */
  minDelay?: number
  /** Default 30,000. */
  maxDelay?: number
  /** Failures in a row after which it is closed for good; 0, the default, sets no limit. */
  maxAttempts?: number
  /** Milliseconds that a connection must have been open not to count as a failure. Default 5000. */
  stableAfter?: number
  /** Bytes of messages that may wait for a connection. Default 0: what is sent without one is refused. */
  maxQueue?: number
  /**
   * Whether to try again. Default: not after the close codes 1000 and 1008, nor after refusals from 400 to 499, but for
   * 408, 425 and 429.
   */
  retry?(reason: ReconnectReason): boolean
  stateChange?(state: ReconnectState): void
  /** An attempt came to nothing. */
  connectError?(error: ConnectError): void
}
