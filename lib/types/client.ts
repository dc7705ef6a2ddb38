// What `connect` takes, and why it fails.

import type { ConnectionOptions } from './connection.js'
import type { RequestHeaders } from './request.js'
import type { Handlers } from './socket.js'
import type { ClientTlsOptions } from './tls.js'

/** Options of `connect`. */
export interface ConnectOptions<T = undefined> extends Handlers<T>, ConnectionOptions {
  /** The socket's `data`. */
  data?: T
  /** Subprotocols to offer; the server has to choose one of them. */
  protocols?: string | readonly string[]
  /** Header fields to send with the opening request. */
  headers?: RequestHeaders
  /** For `wss:` and `https:`. */
  tls?: ClientTlsOptions
  /** The `Origin` header, which browsers send. */
  origin?: string
  /** Time from the call to an open connection: names, addresses, proxies and redirects included. Default 10,000. */
  handshakeTimeout?: number
  /** Bytes of a response's head; a longer one fails the dial. Default 16 KiB. */
  maxHeaderSize?: number
  /** Header fields of a response. Default 100. */
  maxHeadersCount?: number
  /** Breaks the dial off; an open connection is dropped. */
  signal?: AbortSignal
  /** The address to connect from. */
  localAddress?: string
  /**
   * Follows redirects to other `ws:`, `wss:`, `http:` and `https:` URLs. Another origin (scheme, host and port, or a Unix
   * socket's path, differ) gets no `Authorization`, `Proxy-Authorization`, `Cookie` and `Host`, and neither `cert`, `key` nor
   * `servername` of `tls`; what else `headers` has goes with us. Default false.
   */
  followRedirects?: boolean
  /** Default 10. */
  maxRedirects?: number
  /**
   * An `http:` URL of a proxy that is asked for a tunnel; or `'env'`, for that of the environment variables `http_proxy`,
   * `https_proxy` and `all_proxy`, but for hosts that `no_proxy` names.
   */
  proxy?: string | URL
}

/** Why no connection came of `connect`. */
export interface ConnectError extends Error {
  /** `WS_ERR_…`, or Node's name for a system error. */
  code: string
  /** Without user, password and query, which may be secrets; so it is in the message. */
  url: string
  /** The address of the server, or of the proxy, that could not be connected to or did not let us in. */
  address?: string
  port?: number
  /** Of a system error. */
  errno?: number
  syscall?: 'connect'
  /** What was answered, if it was valid HTTP. */
  status?: number
  headers?: Readonly<Record<string, string>>
  /** The first 64 KiB of it. */
  body?: Buffer
  /** One for each address, where there were several. */
  errors?: ConnectError[]
}
