// The options of any connection, a server's or one that was dialled. Options are the object's own properties; handlers, and what
// they return, may come from a class as well.

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
