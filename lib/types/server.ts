// What `serve` takes and gives.

import type { ConnectionOptions } from './connection.js'
import type { Client, Request, Response, UpgradeResult } from './request.js'
import type { Handlers, SocketError } from './socket.js'
import type { SecureContextOptions } from './tls.js'

/** Ports to listen on: a number, `'8888-8987'`, `'8888,9000-9010'`, or an array of those; 0 picks a free port. */
export type PortSpec = number | string | readonly (number | string)[]

/**
 * Origins as browsers send them: `https://example.org`, `http://localhost:5173`, or `null`, which pages without an origin
 * send, such as those in a sandbox. Nothing is matched but the whole of it: no subdomains, no other ports. Or a function
 * that is asked each time; what it throws gives the client 500.
 */
export type Origins = readonly string[] | ((origin: string) => boolean)

export interface ServeOptions<T = undefined> extends Handlers<T>, ConnectionOptions {
  port: PortSpec
  /** Address or name to listen on. Default: all addresses, IPv6 and IPv4. */
  host?: string
  /** Connections the kernel may hold for us, per port. Default 511, as in Node. */
  backlog?: number
  /**
   * Lets other servers that set it too listen on the same ports, in this process or in others of the same user; the
   * kernel shares connections out among them. Default false: a port that is listened on already is EADDRINUSE.
   */
  reusePort?: boolean
  /** Speak TLS: `wss:` and `https:`. */
  tls?: SecureContextOptions
  /** Time a client has for its opening request. Default 10,000. */
  handshakeTimeout?: number
  /**
   * Time `upgrade` and `request` have for their answer; then the client is refused with 503, and the request's `signal`
   * aborts. 0 sets no limit. Default: that of `handshakeTimeout`.
   */
  upgradeTimeout?: number
  /**
   * Whose pages may connect. Without it any site's page can make its visitors' browsers connect, with the cookies that they
   * have for you (cross-site WebSocket hijacking). Others are refused with 403 before `upgrade` is asked. Clients that
   * send no `Origin` are no browsers, and are let in.
   */
  origins?: Origins
  /** Connections open at a time, with those that `upgrade` decides about; one more is refused with 503. 0, the default, sets no limit. */
  maxConnections?: number
  /**
   * The same for each remote address; one more is refused with 429. IPv6 addresses with the same `ipv6PrefixLength` count
   * as one, IPv4 addresses one by one, in whichever way they came, and all clients of a Unix socket as one.
   */
  maxConnectionsPerAddress?: number
  /** Bits of an IPv6 address that `maxConnectionsPerAddress` looks at: 1 to 128. Default 64, what one customer has. */
  ipv6PrefixLength?: number
  /** Bytes of an opening request's head; a longer one is refused with 431. Default 16 KiB. */
  maxHeaderSize?: number
  /** Header fields of an opening request; more are refused with 431. Default 100. */
  maxHeadersCount?: number
  /** Closes the server when it aborts, as `server.close()` does. */
  signal?: AbortSignal
  /** Decides about an opening handshake; may be async. Default: accept. */
  upgrade?(request: Request): UpgradeResult<T> | Promise<UpgradeResult<T>>
  /** Chooses the subprotocol; false refuses with 400. Default: the first that the client offers, as in `ws`. */
  handleProtocols?(protocols: Set<string>, request: Request): string | false
  /** Answers a GET that is no WebSocket upgrade; may be async. Default: 426. */
  request?(request: Request): Response | Promise<Response>
  /**
   * A client did not come to speak TLS, and is gone. `error.code` is Node's: `ERR_SSL_…` for what OpenSSL says, such as
   * `ERR_SSL_HTTP_REQUEST`; what is wrong with its certificate, such as `CERT_HAS_EXPIRED`; `ECONNRESET` when it left,
   * `ETIMEDOUT` when it took longer than `handshakeTimeout`.
   */
  tlsError?(error: SocketError, client: Client): void
}

/** Options of a server on a Unix socket. */
export interface UnixServeOptions<T = undefined> extends Omit<ServeOptions<T>, 'port' | 'host' | 'reusePort'> {
  /**
   * The socket's path, 107 bytes at most. The file is made, and removed when the server closes, unless another lies there by
   * then; one that is there already is EADDRINUSE, whether somebody listens or it was left behind.
   */
  path: string
  port?: undefined
  host?: undefined
}

/** Sums since the server started; those of `serveWorkers` are up to 100 ms old. */
export interface ServerStats {
  /** Connections open now. */
  connections: number
  /** Opening handshakes completed. */
  accepted: number
  /** Opening handshakes refused, timed out or broken off. */
  refused: number
  messagesReceived: number
  messagesSent: number
  /** Messages not taken by the outbound policy `drop`. */
  messagesDropped: number
  /** Bytes read from and written to sockets, all protocol overhead included. */
  bytesReceived: number
  bytesSent: number
}

export interface Server extends AsyncDisposable {
  /** The ports listened on, in the order asked for. */
  readonly ports: readonly number[]
  /** The address listened on, or the path. */
  readonly host: string
  /** Whether it speaks TLS. */
  readonly secure: boolean
  /** Connections open now. */
  readonly connections: number
  stats(): ServerStats
  /**
   * Changes the certificate, or anything else of TLS, for connections from now on; open ones go on as they are.
   * Without arguments: reads the files of all again, those of host names too.
   * @param options those that it has now, by default: their files are read again.
   * @param hostName for clients that ask for this host: `example.org`, or `*.example.org` for those one label longer. Default:
   * for all that ask for another one, or for none.
   * @throws what `serve` throws for `tls`, and nothing is changed; an ERR_INVALID_STATE when the server speaks no TLS.
   */
  setSecureContext(options?: SecureContextOptions, hostName?: string): Promise<void>
  /**
   * Stops listening, sends 1001 to every connection, waits up to `closeTimeout` for them, then drops the rest. Resolves
   * when every `close` handler has run. Calling it again returns the same promise.
   */
  close(): Promise<void>
  /** Lets the process end although the server is open. */
  unref(): this
  ref(): this
}
