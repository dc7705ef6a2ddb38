// One message that is sent in fragments: the record of each. Pieces of text may be cut anywhere, within a character too;
// what goes out are whole characters.

import { TextDecoder } from 'node:util'
import { checkSize } from '../base/payload-size.js'
import * as layout from '../bridge/record-layout.js'
import type { Payload } from '../types/index.js'
import { invalidUtf8, toBytes } from './payload.js'

/** A record to be appended to the outbox. */
export interface OutboxRecord {
  kind: number
  bytes: Uint8Array
}

export class FragmentedMessage {
  /** Of an outbound policy that drops messages: this one goes nowhere. */
  isDropped = false
  #kind: number // of the next fragment
  readonly #text: TextPieces | undefined

  constructor(isText: boolean) {
    this.#kind = isText ? layout.OUT_TEXT : layout.OUT_BINARY
    this.#text = isText ? new TextPieces() : undefined
  }

  get hasBegun(): boolean {
    return this.#kind === layout.OUT_CONTINUATION
  }

  /**
   * @throws TypeError for what is no payload or, in a text message, no UTF-8, and RangeError for more than can be sent at
   * once: the message can go on after that.
   */
  next(data: Payload, fin: boolean): OutboxRecord {
    const bytes = checkSize(this.#text ? this.#text.encode(data, fin) : toBytes(data))
    const kind = this.#kind | (fin ? 0 : layout.FLAG_UNFINISHED << 8)
    this.#kind = layout.OUT_CONTINUATION
    return { kind, bytes }
  }
}

class TextPieces {
  #half = '' // a high surrogate, whose other half begins the next piece
  #decoder: TextDecoder | undefined // holds bytes of a character that the next piece goes on with

  encode(data: Payload, isLast: boolean): Uint8Array {
    const isString = typeof data === 'string'
    const decoded = isString ? this.#decode(undefined, true) + data : this.#decode(checkSize(toBytes(data)), isLast)
    let text = this.#half + decoded
    this.#half = ''
    if (!isLast && (text.charCodeAt(text.length - 1) & 0xfc00) === 0xd800) {
      this.#half = text.slice(-1)
      text = text.slice(0, -1)
    }
    return Buffer.from(text)
  }

  #decode(bytes: Uint8Array | undefined, endsCharacter: boolean): string {
    if (bytes) this.#decoder ??= new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    try {
      return this.#decoder?.decode(bytes, { stream: !endsCharacter }) ?? ''
    } catch (error) {
      this.#decoder = undefined
      // Else it is longer than a string can be.
      throw (error as NodeJS.ErrnoException).code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? invalidUtf8() : error
    }
  }
}
