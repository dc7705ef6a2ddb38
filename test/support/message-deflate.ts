// One direction of permessage-deflate (RFC 7692 §7.2) by Node's zlib, message by message. What is taken over from one message to
// the next is kept here as what it is: the last bytes of the messages so far.

import { constants, deflateRawSync, inflateRawSync } from 'node:zlib'

/** What was agreed for one direction. */
export interface DeflateTerms {
  windowBits: number
  contextTakeover: boolean
}

const tail = Buffer.from('0000ffff', 'hex')

/** In the order of their use: each message's window is what came before it. */
class Window {
  #bytes: Buffer = Buffer.alloc(0)
  constructor(private readonly terms: DeflateTerms) {}

  get options() {
    const { windowBits } = this.terms
    const dictionary = this.#bytes
    return { windowBits, finishFlush: constants.Z_SYNC_FLUSH, ...(dictionary.length > 0 && { dictionary }) }
  }

  add(message: Uint8Array): void {
    if (this.terms.contextTakeover) {
      this.#bytes = Buffer.concat([this.#bytes, message]).subarray(-(2 ** this.terms.windowBits))
    }
  }
}

export class MessageCompressor {
  readonly #window: Window

  /** @param level and all else that zlib takes */
  constructor(
    terms: DeflateTerms,
    private readonly how: { level?: number; strategy?: number } = {},
  ) {
    this.#window = new Window(terms)
  }

  /** A message's payload as it is sent. */
  compress(data: string | Uint8Array): Buffer {
    const message = Buffer.from(data)
    const flushed = deflateRawSync(message, { ...this.#window.options, ...this.how })
    this.#window.add(message)
    return flushed.subarray(0, -tail.length)
  }
}

export class MessageDecompressor {
  readonly #window: Window
  readonly #chunkSize: number

  constructor(terms: DeflateTerms) {
    this.#window = new Window(terms)
    // Within a chunk zlib lets a message refer back beyond its window: in the smallest ones that hardly hides it.
    this.#chunkSize = terms.windowBits < 15 ? 64 : 16_384
  }

  /** The message of a payload that came. @throws when it is none, or refers back further than was agreed */
  decompress(payload: Uint8Array): Buffer {
    if (tail.equals(payload.subarray(-tail.length))) throw new Error('the end of the flush is to be left out')
    const options = { ...this.#window.options, chunkSize: this.#chunkSize }
    const message = inflateRawSync(Buffer.concat([payload, tail]), options)
    this.#window.add(message)
    return message
  }
}
