// Frames by hand, right and wrong ones: an implementation of RFC 6455 §5.2 that shares nothing with the library.

export const OP = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** Of the reserved bits: the first frame of a compressed message has it (RFC 7692 §6). */
export const RSV1 = 4

export interface FrameSpec {
  fin?: boolean
  /** The three reserved bits as a number: RSV1, 2 and 1. */
  rsv?: number
  opcode?: number
  /** Default: masked, as a client's frames must be. */
  masked?: boolean
  payload?: string | Uint8Array
  /** Bits of the length field; default: the fewest. */
  lengthBits?: 7 | 16 | 64
  /** The length to announce, if it is not that of the payload. */
  announce?: number | bigint
}

export interface Frame {
  fin: boolean
  rsv: number
  opcode: number
  masked: boolean
  /** The payload without its mask. */
  payload: Buffer
  maskingKey?: Buffer
}

const key = Buffer.from([0x37, 0xfa, 0x21, 0x3d])

export function encodeFrame(spec: FrameSpec): Buffer {
  const { fin = true, rsv = 0, opcode = OP.text, masked = true } = spec
  const payload = Buffer.from(spec.payload ?? '')
  const length = BigInt(spec.announce ?? payload.length)
  const bits = spec.lengthBits ?? (length < 126n ? 7 : length < 65536n ? 16 : 64)
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode
  const marker = bits === 7 ? Number(length) : bits === 16 ? 126 : 127
  const head = Buffer.from([first, (masked ? 0x80 : 0) | marker])
  const extended = Buffer.alloc(bits === 7 ? 0 : bits / 8)
  if (bits === 16) extended.writeUInt16BE(Number(length))
  if (bits === 64) extended.writeBigUInt64BE(length)
  return Buffer.concat([head, extended, ...(masked ? [key, mask(payload)] : [payload])])
}

/** Text of this, or a binary message. */
export function encodeMessage(data: string | Uint8Array): Buffer {
  return encodeFrame({ opcode: typeof data === 'string' ? OP.text : OP.binary, payload: data })
}

export function closePayload(code: number, reason: string | Uint8Array = ''): Buffer {
  const head = Buffer.alloc(2)
  head.writeUInt16BE(code)
  return Buffer.concat([head, Buffer.from(reason)])
}

export function encodeClose(code?: number, reason: string | Uint8Array = ''): Buffer {
  return encodeFrame({ opcode: OP.close, payload: code === undefined ? '' : closePayload(code, reason) })
}

/** How many bytes the frame at the start has, undefined while that is not known. */
export function frameSize(bytes: Buffer): number | undefined {
  if (bytes.length < 2) return undefined
  const { headerSize, payloadSize } = readSizes(bytes)
  return payloadSize === undefined ? undefined : headerSize + payloadSize
}

/** Decodes a whole frame. @throws for a length that is not written in as few bytes as it needs */
export function decodeFrame(bytes: Buffer): Frame {
  const [first, second] = bytes as unknown as [number, number]
  const { headerSize, payloadSize } = readSizes(bytes) as { headerSize: number; payloadSize: number }
  const marker = second & 0x7f
  if ((marker === 126 && payloadSize < 126) || (marker === 127 && payloadSize < 65536)) {
    throw new Error(`the length ${payloadSize} is written too long`)
  }
  const masked = (second & 0x80) !== 0
  const payload = bytes.subarray(headerSize, headerSize + payloadSize)
  const maskingKey = bytes.subarray(headerSize - 4, headerSize)
  return {
    fin: (first & 0x80) !== 0,
    rsv: (first >> 4) & 7,
    opcode: first & 15,
    masked,
    payload: masked ? mask(payload, maskingKey) : Buffer.from(payload),
    ...(masked && { maskingKey: Buffer.from(maskingKey) }),
  }
}

function readSizes(bytes: Buffer): { headerSize: number; payloadSize: number | undefined } {
  const second = bytes[1] as number
  const marker = second & 0x7f
  const maskSize = second & 0x80 ? 4 : 0
  if (marker < 126) return { headerSize: 2 + maskSize, payloadSize: marker }
  if (marker === 126) {
    const known = bytes.length >= 4
    return { headerSize: 4 + maskSize, payloadSize: known ? bytes.readUInt16BE(2) : undefined }
  }
  const known = bytes.length >= 10
  return { headerSize: 10 + maskSize, payloadSize: known ? Number(bytes.readBigUInt64BE(2)) : undefined }
}

function mask(payload: Buffer, maskingKey = key): Buffer {
  return payload.map((byte, i) => byte ^ (maskingKey[i & 3] as number)) as Buffer
}
