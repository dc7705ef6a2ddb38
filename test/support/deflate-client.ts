// A raw client that has agreed on compression with a server: it keeps the windows of both directions, and tells what came
// compressed.

import { encodeFrame, OP, RSV1 } from './frames.js'
import { type DeflateTerms, MessageCompressor, MessageDecompressor } from './message-deflate.js'
import { RawClient } from './raw-client.js'

export interface DeflatedMessage {
  data: string | Buffer
  isCompressed: boolean
  /** Bytes of payload as they came. */
  size: number
}

export class DeflateClient {
  readonly compressor: MessageCompressor
  readonly #decompressor: MessageDecompressor

  private constructor(
    readonly raw: RawClient,
    /** What the server said of extensions. */
    readonly answer: string,
  ) {
    this.compressor = new MessageCompressor(termsOf('client', answer))
    this.#decompressor = new MessageDecompressor(termsOf('server', answer))
  }

  static async open(port: number, offer = 'permessage-deflate; client_max_window_bits'): Promise<DeflateClient> {
    const raw = await RawClient.open(port, { headers: { 'Sec-WebSocket-Extensions': offer } })
    return new DeflateClient(raw, raw.acceptance?.headers['sec-websocket-extensions'] ?? '')
  }

  /** The frame of a compressed message. */
  encode(data: string | Uint8Array): Buffer {
    const opcode = typeof data === 'string' ? OP.text : OP.binary
    return encodeFrame({ opcode, rsv: RSV1, payload: this.compressor.compress(data) })
  }

  send(data: string | Uint8Array): void {
    this.raw.write(this.encode(data))
  }

  /** The next message, which has to be a whole frame. */
  async read(): Promise<DeflatedMessage> {
    const { fin, rsv, opcode, payload } = await this.raw.readFrame()
    if (!fin || (rsv !== 0 && rsv !== RSV1) || (opcode !== OP.text && opcode !== OP.binary)) {
      throw new Error(`a frame with fin ${fin}, opcode ${opcode} and reserved bits ${rsv} is no message`)
    }
    const isCompressed = rsv === RSV1
    const bytes = isCompressed ? this.#decompressor.decompress(payload) : payload
    return { data: opcode === OP.text ? bytes.toString() : bytes, isCompressed, size: payload.length }
  }

  async take(count: number): Promise<DeflatedMessage[]> {
    const messages: DeflatedMessage[] = []
    while (messages.length < count) messages.push(await this.read())
    return messages
  }
}

function termsOf(side: 'client' | 'server', answer: string): DeflateTerms {
  const bits = new RegExp(`${side}_max_window_bits=(\\d+)`).exec(answer)?.[1] ?? '15'
  return { windowBits: Number(bits), contextTakeover: !answer.includes(`${side}_no_context_takeover`) }
}
