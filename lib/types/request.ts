// Opening requests and what they are answered with, on either side.

import type { TlsInfo } from './tls.js'

/** The client's opening request, as `upgrade` and `request` see it. */
export interface Request {
  readonly method: string
  /** The request target as sent: path and query. */
  readonly url: string
  readonly path: string
  readonly query: URLSearchParams
  /** By lower-case name; fields that came more than once are joined with ', '. */
  readonly headers: Readonly<Record<string, string>>
  /** The subprotocols offered, in the client's order. */
  readonly protocols: readonly string[]
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localPort: number
  /** Undefined on a server without `tls`. */
  readonly tls: TlsInfo | undefined
  /**
   * Aborts when nobody waits for the answer any more; once it is given, it never does. The reason is an AbortError with the
   * `code` `WS_ERR_CLIENT_LEFT`, `WS_ERR_UPGRADE_TIMEOUT` (see `upgradeTimeout`) or `WS_ERR_SERVER_CLOSING`. A handler that
   * rejects with an AbortError then surfaces nowhere.
   */
  readonly signal: AbortSignal
}

/** Who a client of a server is, as far as its addresses tell. */
export type Client = Pick<Request, 'remoteAddress' | 'remotePort' | 'localPort'>

/** Request header fields to add; an array sends the field several times. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[]>>

/** Response header fields to add; an array sends the field several times. */
export type ResponseHeaders = Readonly<Record<string, string | readonly string[]>>

/** A whole HTTP response; the connection is closed after it. */
export interface Response {
  /** 200–599. */
  status: number
  headers?: ResponseHeaders
  body?: string | Uint8Array
}

/** An upgrade that is accepted, and what goes with it. */
export interface Accept<T> {
  data?: T
  /** One of the subprotocols the client offered. */
  protocol?: string
  headers?: ResponseHeaders
  /** What only a refusal has. */
  status?: undefined
  body?: undefined
}

/** true or undefined accepts, false refuses with 403, a `status` refuses with that response. */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler without a return statement has it
export type UpgradeResult<T> = boolean | undefined | void | Accept<T> | Response
