// What users may send, as bytes.

import { types } from 'node:util'
import { invalidArgument, outOfRange } from './errors.js'
import { shown } from './shown.js'
import type { Payload } from './types.js'

/** As in native/base/limits.h: a GiB, as sizes are 32 bits in C++. */
export const sentPayloadMax = 1024 * 1024 * 1024

/**
 * To be asked before anything is copied, or begun.
 * @throws RangeError for more than can be sent at once.
 */
export function checkSize(bytes: Uint8Array): Uint8Array {
  if (bytes.length <= sentPayloadMax) return bytes
  throw outOfRange(`at most ${sentPayloadMax} bytes can be sent at once, not ${bytes.length}`)
}

/** @throws TypeError for what is no payload. */
export function toBytes(data: Payload): Uint8Array {
  if (data instanceof Uint8Array) return data
  if (typeof data === 'string') return Buffer.from(data)
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  if (types.isAnyArrayBuffer(data)) return new Uint8Array(data)
  throw invalidArgument(`data must be a string, Buffer, typed array, DataView or ArrayBuffer, not ${shown(data)}`)
}

/** Whether data is sent as text: strings are, unless `binary` says otherwise. */
export function isText(data: Payload, binary: boolean | undefined): boolean {
  return binary === undefined ? typeof data === 'string' : !binary
}

export function invalidUtf8(): TypeError {
  return invalidArgument('data sent as text must be valid UTF-8')
}
