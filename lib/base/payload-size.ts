// How much can be sent at once.

import { outOfRange } from './errors.js'

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
