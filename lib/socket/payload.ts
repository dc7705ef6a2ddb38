// What users may send, as bytes.

import { types } from 'node:util'
import { invalidArgument } from '../base/errors.js'
import { shown } from '../base/shown.js'
import type { Payload } from '../types/index.js'

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
