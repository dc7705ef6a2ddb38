// The ports of a specification.

import { invalidArgument, invalidValue } from '../base/errors.js'
import { kindOf } from '../base/shown.js'
import { native } from '../bridge/native.js'
import type { PortSpec } from '../types/index.js'

/** The ports of a specification, in its order. */
export function parsePorts(spec: PortSpec): number[] {
  const parts = Array.isArray(spec) ? spec : [spec]
  for (const part of parts) {
    if (typeof part !== 'number' && typeof part !== 'string') {
      throw invalidArgument(
        `port must be a number, a string such as '8888-8987', or an array of those, not ${kindOf(spec)}`,
      )
    }
  }
  const ports = native.parsePorts(parts.join(','))
  if (typeof ports === 'string') throw invalidValue(ports)
  return ports
}
