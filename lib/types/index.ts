// The public types: what a user writes (options, handlers) and what a user holds (sockets, a server).
// Times are milliseconds, sizes bytes. Option and error names follow `ws` and Node where those have one.

import type { X509Certificate } from 'node:crypto'

// Options are the object's own properties; handlers, and what they return, may come from a class as well.

/** What `send` takes. Strings go out as text messages, everything else as binary ones. */
export type Payload = string | NodeJS.ArrayBufferView | ArrayBufferLike

/** Ports to listen on: a number, `'8888-8987'`, `'8888,9000-9010'`, or an array of those; 0 picks a free port. */
export type PortSpec = number | string | readonly (number | string)[]

/** The life of a socket, with the numbers of the WebSocket standard. */
export const ReadyState = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 } as const
export type ReadyState = (typeof ReadyState)[keyof typeof ReadyState]

/** Options of one `send`. */
export interface SendOptions {
  /** Send as binary or text whatever the type of the data. Default: text for strings, binary for the rest. */
  binary?: boolean | undefined
  /**
   * False sends a fragment: what is sent next goes on with the same message, until something is sent without it. Pings,
   * pongs and `close` are allowed in between. Default true.
   */
  fin?: boolean | undefined
  /**
   * Where compression was agreed on: true compresses a message of any size, false none. Default: those from the `threshold`
   * of `perMessageDeflate` on. What compression does not make smaller is sent as it is, and so are fragments.
   */
  compress?: boolean | undefined
}

/** Options of one `sendStream`. */
export interface StreamOptions {
  /** As text or as binary, whatever the type of the pieces. Default: that of the first one. */
  binary?: boolean
}

/**
 * One WebSocket connection. Nothing here throws because the connection is closed: a `send` then returns
 * false and does nothing.
 */
export interface Socket<T = undefined> {
  /** The user's own; set by what `upgrade` returns as `data`, free to assign at any time. */
  data: T
  /** The subprotocol chosen at the handshake, or ''. */
  readonly protocol: string
  readonly readyState: ReadyState
  /** Bytes accepted by `send` that the kernel has not taken yet. */
  readonly bufferedAmount: number
  /** '' for a Unix socket, whose ports are 0. */
  readonly remoteAddress: string
  readonly remotePort: number
  /** On a server, the port of the range the client came in on. */
  readonly localPort: number
  /** Of a socket of `connect`: what the server sent with its acceptance, as in `Request.headers`. On a server undefined. */
  readonly responseHeaders: Readonly<Record<string, string>> | undefined
  /** Of a socket of `connect`, if by TLS: what was agreed, and who the server is. On a server, `upgrade` has it in its request. */
  readonly tls: TlsInfo | undefined
  /**
   * Queues one message. Order is the order of the calls. A Buffer of 8 KiB or more is not copied: do not change it
   * before `bufferedAmount` is 0.
   * @returns false when the connection now holds more than `highWaterMark` bytes (`drain` follows), or is not open.
   * @throws TypeError for a value that is no string, Buffer, typed array, DataView or ArrayBuffer; RangeError for more than
   * 1 GiB.
   */
  send(data: Payload, options?: SendOptions): boolean
  /**
   * Sends one message in fragments, each as soon as there is one: from an async generator, a `Readable`, a
   * `ReadableStream`. Waits while the connection holds more than `highWaterMark` bytes. What else is sent meanwhile goes
   * out behind it, and counts for `bufferedAmount` until then; pings, pongs and `close` go at once, and `close` drops what
   * waits. A piece of 8 KiB or more is not copied, as with `send`.
   * @returns true when all of it is on its way; false when the connection was not, or did not stay, open: the iterable
   * is then asked for no more.
   * @throws (rejects) what the iterable throws, or TypeError for a piece that is none. A message that has begun cannot be
   * taken back: the connection is then closed with 1011.
   */
  sendStream(pieces: AsyncIterable<Payload>, options?: StreamOptions): Promise<boolean>
  /** Sends a ping with up to 125 bytes of payload. @throws RangeError when the payload is longer. */
  ping(data?: Payload): boolean
  /** Sends an unsolicited pong with up to 125 bytes of payload. @throws RangeError when the payload is longer. */
  pong(data?: Payload): boolean
  /**
   * Starts the closing handshake, after what was sent before.
   * @param code 1000–1003, 1007–1014 or 3000–4999; none sends an empty close frame.
   * @param reason at most 123 bytes of UTF-8; needs a code.
   * @throws RangeError for a code that may not be sent or a reason that is too long.
   */
  close(code?: number, reason?: string): void
  /** Drops the connection at once, without a closing handshake: no more messages come. `close` follows with code 1006. */
  terminate(): void
  /**
   * Stops reading from the peer; messages that have already arrived may still be delivered. `close` resumes, as the
   * peer's answer has to be read.
   */
  pause(): void
  resume(): void
  /** Lets the process end although a socket of `connect` is open. A server's sockets keep it going by their server alone. */
  unref(): this
  ref(): this
}

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

/** What was agreed in the TLS handshake, and who the peer is. */
export interface TlsInfo {
  readonly protocol: 'TLSv1.2' | 'TLSv1.3'
  /** By the standard's name, such as TLS_AES_128_GCM_SHA256. */
  readonly cipher: string
  /** The host name that was asked for. */
  readonly servername: string | undefined
  readonly alpnProtocol: string | undefined
  /** The client came back with a session of an earlier connection, and the certificates are those of then. */
  readonly sessionReused: boolean
  /** That of the server; with `requestCert`, that which the client showed. */
  readonly peerCertificate: X509Certificate | undefined
  /** Whether there is one that `ca` has signed, and that was valid then. */
  readonly authorized: boolean
  /** Why the certificate is not good, by Node's names: `CERT_HAS_EXPIRED`, `DEPTH_ZERO_SELF_SIGNED_CERT` and so on. */
  readonly authorizationError: string | undefined
}

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

/**
 * An error of a connection: what the peer did wrong, or what the system said. `code` is stable: `WS_ERR_…` as in
 * `ws`, or Node's name for a system error.
 */
export interface SocketError extends Error {
  code: string
}

export interface Handlers<T> {
  /** The handshake is done. */
  open?(socket: Socket<T>): void
  /**
   * One whole message; text is a string, binary a Buffer. Both are the handler's to keep, but see `binaryType`. Like those
   * of Buffer's pool, a Buffer may lie in an ArrayBuffer with others: copy it if another thread is to have its memory.
   */
  message?(socket: Socket<T>, data: string | Buffer, isBinary: boolean): void
  /** A ping came; the pong has been sent already. */
  ping?(socket: Socket<T>, data: Buffer): void
  pong?(socket: Socket<T>, data: Buffer): void
  /** What `send` held back has gone: send again. */
  drain?(socket: Socket<T>): void
  /** What went wrong, right before the `close` that it causes. */
  error?(socket: Socket<T>, error: SocketError): void
  /**
   * Exactly once for each `open`. `code` is the peer's, 1005 when it gave none, 1006 when the connection just died,
   * or the code we failed the connection with; `reason` says why.
   */
  close?(socket: Socket<T>, code: number, reason: string): void
}

/** PEM, or the name of a file of it. */
export type Pem = string | Uint8Array

/** A private key; one that is encrypted may have a passphrase of its own. */
export type Key = Pem | { pem: Pem; passphrase?: string }

/** How TLS is spoken, on either side; names and units are those of Node's `tls`. */
export interface TlsOptions {
  /** Of the keys that are encrypted and have none of their own. */
  passphrase?: string
  /** OpenSSL's list, the names of TLS 1.3 among it. Default: those with forward secrecy and authenticated encryption. */
  ciphers?: string
  /** Default TLSv1.2. */
  minVersion?: 'TLSv1.2' | 'TLSv1.3'
  /** Default TLSv1.3. */
  maxVersion?: 'TLSv1.2' | 'TLSv1.3'
  /** Default `['http/1.1']`. */
  ALPNProtocols?: readonly string[]
}

/** Certificates and keys of a server, and how it speaks TLS. */
export interface SecureContextOptions extends TlsOptions {
  /** The certificate, with those that lead from it to a known one behind it; an array for keys of several kinds. */
  cert: Pem | readonly Pem[]
  /** The private key, or as many of them as certificates. */
  key: Key | readonly Key[]
  /** Certificates that those of clients are signed with. */
  ca?: Pem | readonly Pem[]
  /** Asks clients for a certificate. Default false. */
  requestCert?: boolean
  /** Turns clients away that show none, or none that `ca` has signed; else `upgrade` sees to them. Default true. */
  rejectUnauthorized?: boolean
  /** Seconds for which a client can come back without a full handshake. Default 300. */
  sessionTimeout?: number
  /** 48 secret bytes; servers with the same take each other's sessions. Default: random ones of the server's. */
  ticketKeys?: Uint8Array
}

/** Whom a client trusts, who it is, and how it speaks TLS. Use one object for many connections: it is read once. */
export interface ClientTlsOptions extends TlsOptions {
  /** Certificates that the server's is signed with. Default: those that the system trusts. */
  ca?: Pem | readonly Pem[]
  /** The client's own certificate, for servers that ask for one. */
  cert?: Pem | readonly Pem[]
  key?: Key | readonly Key[]
  /** Ends the connection when the server's certificate is not signed by those, or not for it. Default true. */
  rejectUnauthorized?: boolean
  /**
   * Name or address that the server's certificate must be for, and that it is asked for: at most 255 ASCII characters, without
   * a leading dot; others are an ERR_INVALID_ARG_VALUE. As in Node, '' asks for none, and the URL's host is checked.
   * Default: the URL's host.
   */
  servername?: string
}

/**
 * Compression of messages (permessage-deflate, RFC 7692); names are those of `ws`. A connection whose messages are
 * compressed with regard to those before has a window of them: some 40 KB to compress and 12 KB to decompress by default,
 * from its first compressed message on.
 */
export interface PerMessageDeflateOptions {
  /** Messages of fewer bytes are sent as they are. Default 1024. */
  threshold?: number
  /**
   * The server compresses each message for itself: less is saved, and all connections share the memory that it takes.
   * Default false. A client that wants it gets it.
   */
  serverNoContextTakeover?: boolean
  /** The same for the client's messages. */
  clientNoContextTakeover?: boolean
  /**
   * The server refers back to 2 to the power of this bytes at most: 8 to 15. Default 12 for `serve`; `connect` leaves it to
   * the server.
   */
  serverMaxWindowBits?: number
  /** The same for the client; of `serve`, if the client lets itself be told, as browsers based on Chromium do. Default 12. */
  clientMaxWindowBits?: number
  /** How our own messages are compressed. */
  zlibDeflateOptions?: {
    /** 1, the fastest, to 9, the smallest. Default 3. */
    level?: number
    /** Memory to compress with: 2 to the power of this plus 9 bytes, 1 to 9. Default 5. */
    memLevel?: number
  }
}

/** What may be set for any connection, a server's or one that was dialled. */
export interface ConnectionOptions {
  /**
   * What `message` gets for binary messages: `nodebuffer`, the default, is a Buffer to keep; `view` is one on memory that
   * is used again as soon as the handler has returned, which saves a copy of it. It may be sent from within the handler;
   * what is needed later, or after an `await`, has to be copied.
   */
  binaryType?: 'nodebuffer' | 'view'
  /** Longest message accepted, decompressed; a longer one fails the connection with 1009. Default 16 MiB. */
  maxPayload?: number
  /**
   * Most fragments of one message; one more fails the connection with 1008. 0 sets no limit. Default 131,072.
   */
  maxFragments?: number
  /**
   * Messages a second that one peer may send, pings and pongs among them; more fail the connection with 1008. A burst of
   * one second's worth is fine at any time. 0, the default, sets no limit.
   */
  maxMessagesPerSecond?: number
  /** The same for bytes, as they come from the socket: no message above it passes in one go. */
  maxBytesPerSecond?: number
  /**
   * Compresses messages, if the peer does too: a server accepts what clients offer, `connect` offers it. Saves bytes and
   * costs time, in the event loop. Do not put a secret and text that a stranger has chosen into one message, or, with
   * context takeover, on one connection: sizes tell. Default false.
   */
  perMessageDeflate?: boolean | PerMessageDeflateOptions
  /** Outbound bytes of one connection above which `send` returns false and we stop reading from it. Default 256 KiB. */
  highWaterMark?: number
  /**
   * What happens to a connection above `highWaterMark`, besides `send` returning false: `pause` stops reading from it,
   * and drops it above `maxOutbound`; `drop` takes no more messages for it, which `stats` counts; `close` drops it.
   * Default `pause`.
   */
  outboundPolicy?: 'pause' | 'drop' | 'close'
  /** Outbound bytes above which a connection is dropped, with code 1006, by the policy `pause`. Default 64 MiB. */
  maxOutbound?: number
  /** Time a peer has for its part of the closing handshake. Default 10,000. */
  closeTimeout?: number
  /**
   * Time without a sign of the peer after which the connection is dropped, with code 1006; 0 turns it off.
   * Default 120,000.
   */
  idleTimeout?: number
  /** Sends a ping when half of `idleTimeout` has passed, so that a peer that is there shows it. Default true. */
  sendPings?: boolean
  /** Time after which a connection is closed with 1001, busy or not; 0, the default, turns it off. */
  maxLifetime?: number
}

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

/**
 * Origins as browsers send them: `https://example.org`, `http://localhost:5173`, or `null`, which pages without an origin
 * send, such as those in a sandbox. Nothing is matched but the whole of it: no subdomains, no other ports. Or a function
 * that is asked each time; what it throws gives the client 500.
 */
export type Origins = readonly string[] | ((origin: string) => boolean)

/** Who a client of a server is, as far as its addresses tell. */
export type Client = Pick<Request, 'remoteAddress' | 'remotePort' | 'localPort'>

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

/** Request header fields to add; an array sends the field several times. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[]>>

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
