// What users hold of a connection, and the handlers that they write for it.

import type { TlsInfo } from './tls.js'

/** What `send` takes. Strings go out as text messages, everything else as binary ones. */
export type Payload = string | NodeJS.ArrayBufferView | ArrayBufferLike

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
