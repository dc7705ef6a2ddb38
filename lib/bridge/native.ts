// Loads the addon and states what it exports. Everything native goes through here.

import { createRequire } from 'node:module'
import type { ServerStats } from '../types/index.js'

/** Memory that C++ and TypeScript share; laid out as record_layout.h says. */
export interface SharedMemory {
  inboxRecords: Int32Array
  /** C++ puts a new one here when JavaScript keeps so much of the last that what is left is too small. */
  inboxPayloads: Buffer
  inboxAttachments: unknown[]
  /** Attached messages that are lent to handlers. At the turn's end, when what they send has gone, C++ frees their memory. */
  inboxLent: Uint8Array[]
  outboxSeal: Int32Array
  outboxRecords: Int32Array
  outboxPayloads: Uint8Array
  outboxText: Uint8Array
  /** Payloads that are not copied. C++ empties the list when it has taken them. */
  outboxAttachments: Uint8Array[]
  /** By slot: what each connection holds of unsent bytes. */
  outboundBytes: Float64Array
  /** What async hooks see as the source of every call into JavaScript. */
  resource: object
}

export interface NativeDeflateOptions {
  threshold: number
  serverNoContextTakeover: boolean
  clientNoContextTakeover: boolean
  serverMaxWindowBits: number
  clientMaxWindowBits: number
  level: number
  memLevel: number
}

/** What holds for connections of either role. */
export interface NativeConnectionOptions {
  maxPayload: number
  maxFragments: number
  maxMessagesPerSecond: number
  maxBytesPerSecond: number
  highWaterMark: number
  closeTimeout: number
  idleTimeout: number
  sendPings: boolean
  maxLifetime: number
  maxHeaderSize: number
  maxHeadersCount: number
  perMessageDeflate: NativeDeflateOptions | undefined
}

export interface NativeServerOptions extends NativeConnectionOptions {
  backlog: number
  handshakeTimeout: number
  upgradeTimeout: number
  maxConnections: number
  maxConnectionsPerAddress: number
  ipv6PrefixLength: number
  reusePort: boolean
  asksUpgrade: boolean
  asksRequest: boolean
  reportsTlsErrors: boolean
}

export interface PemText {
  text: string
  /** How the user knows it, for errors. */
  source: string
  /** Of an encrypted key, or ''. */
  passphrase: string
}

export interface NativeSecureContext {
  cert: PemText[]
  key: PemText[]
  ca: PemText[]
  ciphers: string
  minVersion: 12 | 13
  maxVersion: 12 | 13
  ALPNProtocols: string[]
  requestCert: boolean
  rejectUnauthorized: boolean
  sessionTimeout: number
  ticketKeys: Uint8Array
}

/** Whom to call, and what to say. Texts are Latin-1. */
export interface NativeDialPlan {
  /** Of a Unix socket, or ''. */
  path: string
  addresses: readonly string[]
  port: number
  /** An address, or ''. */
  localAddress: string
  /** The whole request for a tunnel, or ''. */
  tunnel: string
  /** The opening request, but its key. */
  request: string
  /** Those that it offers: a comma-separated list. */
  protocols: string
  /** From createClientContext; -1 for a connection without TLS. */
  secureContext: number
  /** Whom the server's certificate must be for, and whether the server is told that name. */
  tlsHost: string
  asksForTlsHost: boolean
  /** Where it is: its TLS sessions are resumed. */
  server: string
}

export interface ListenOutcome {
  ports: number[]
  /** Every port that failed; when there is one, nothing is listened on. */
  failures: { port: number; errno: number }[]
}

/** Listening sockets for several threads, a share each, all on the same ports. */
export interface SharedListenOutcome extends ListenOutcome {
  /** By share and port. A server adopts them by number; they live until `closeShares(shares)`. */
  descriptors: number[][]
  shares: number
}

/** Functions throw TypeErrors and RangeErrors for arguments that are wrong, and do nothing then. */
export interface Native {
  /** To be called once, before the functions that name a server or a dial. */
  start(memory: SharedMemory, dispatch: (recordCount: number, mayKeep: boolean) => boolean): void
  createServer(options: NativeServerOptions): number
  listen(server: number, address: string, ports: readonly number[]): ListenOutcome
  listenShared(
    address: string,
    ports: readonly number[],
    backlog: number,
    reusePort: boolean,
    shareCount: number,
  ): SharedListenOutcome
  /** Closes all of them; those who have adopted some have duplicates. */
  closeShares(shares: number): void
  /** Listens through sockets of a share. @returns 0 or what failed. */
  adopt(server: number, descriptors: readonly number[], ports: readonly number[]): number
  /** The number of a context that waits for `setSecureContext`, or what is wrong. */
  createSecureContext(options: NativeSecureContext): number | { code: string; message: string }
  /** The same for dials, until it is freed; connections that speak by it go on then. */
  createClientContext(options: NativeSecureContext): number | { code: string; message: string }
  freeClientContext(context: number): void
  /** Of a context that is not to be used after all. */
  freeSecureContext(context: number): void
  /** Connections from now on speak TLS; those that ask for this host name, or with '' for any other, by this context. */
  setSecureContext(server: number, context: number, hostName: string): void
  /** Listens on a Unix socket. @returns 0 or an errno. */
  listenAt(server: number, path: string): number
  closeServer(server: number): void
  forgetServer(server: number): void
  /** What comes of it is reported with the dial's number. */
  dial(id: number, options: NativeConnectionOptions, plan: NativeDialPlan): void
  /** Breaks a dial off; nothing more is reported. */
  hangUp(id: number): void
  /** Ends a dial for want of time, which is reported. */
  giveUp(id: number): void
  /** One number for each of `statNames`. */
  readStats(server: number, into: Float64Array): void
  statNames: readonly Exclude<keyof ServerStats, 'messagesDropped'>[]
  flush(): void
  setKeepAlive(keepAlive: boolean): void
  /** The ports, or a sentence that says what is wrong. */
  parsePorts(spec: string): number[] | string
  isAddress(text: string): boolean
  isSocketPath(text: string): boolean
  /** The codes of protocol errors, by their number in close records. */
  protocolErrorCodes: readonly string[]
  /** The kinds of failed dials, by their number in dial records. */
  openingErrors: readonly ({ code: string; message: string } | undefined)[]
  /** The version of OpenSSL compiled against and the one linked in. */
  openssl: { headers: number; library: number }
  /** Whether this process has a zlib for compression. */
  hasZlib: boolean
}

/** The addon itself, which a process loads once, however often this module is evaluated. */
interface Addon {
  /** All that is made by the functions of one instance is its own; it ends when they have been collected. */
  createInstance(): Native
}

function load(): Addon {
  const require = createRequire(import.meta.url)
  const places = ['../../build/Release/ntyws.node', `../../prebuilds/linux-${process.arch}/ntyws.node`]
  for (const place of places) {
    try {
      return require(place)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error
    }
  }
  throw new Error(
    `ntyws has no binary for ${process.platform}-${process.arch} here. In a clone of its repository \`npm ci && npm run build\` makes one.`,
  )
}

export const native = load().createInstance()
