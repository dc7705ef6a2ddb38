// What sockets have in common: their handlers, and what may wait to be sent. Those of a server share one; a connection that
// was dialled has its own.

import type { ConnectionOptions, Handlers, TlsInfo } from '../types/index.js'

/** Default of `maxOutbound`. */
const maxOutboundDefault = 64 * 1024 * 1024

/** What a socket that was dialled has beside a server's. */
export interface Dialled {
  readonly tls: TlsInfo | undefined
  readonly responseHeaders: Readonly<Record<string, string>>
  ref(): void
  unref(): void
  /** The socket has closed. */
  release(): void
}

export class SocketGroup<T> {
  readonly highWaterMark: number
  /** A connection that holds more outbound bytes takes no message: it is dropped, or the message is. */
  readonly outboundLimit: number
  /** The same for a fragment of a message that has begun, which cannot be dropped alone. */
  readonly fragmentLimit: number
  readonly dropsMessages: boolean
  /** Binary messages are lent to the handler, until it returns. */
  readonly lendsMessages: boolean
  messagesDropped = 0

  constructor(
    readonly handlers: Handlers<T>,
    { outboundPolicy = 'pause', maxOutbound = maxOutboundDefault, binaryType }: ConnectionOptions,
    highWaterMark: number,
    readonly dialled?: Dialled,
  ) {
    this.highWaterMark = highWaterMark
    this.outboundLimit = outboundPolicy === 'pause' ? maxOutbound : highWaterMark
    this.fragmentLimit = outboundPolicy === 'close' ? highWaterMark : Math.max(maxOutbound, this.outboundLimit)
    this.dropsMessages = outboundPolicy === 'drop'
    this.lendsMessages = binaryType === 'view'
  }
}
