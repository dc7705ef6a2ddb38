// All groups, in order; those about compression by themselves too.

import type { Group } from '../case.js'
import { autoFragmentation } from './auto-fragmentation.js'
import { blindSpots } from './blind-spots.js'
import { closing } from './closing.js'
import { compressedContents, compressedHandshakes } from './compression.js'
import { compressionBlindSpots } from './compression-blind-spots.js'
import { fragmentation } from './fragmentation.js'
import { framing } from './framing.js'
import { limits } from './limits.js'
import { opcodes } from './opcodes.js'
import { pings } from './pings.js'
import { reservedBits } from './reserved-bits.js'
import { utf8 } from './utf8.js'

export const compressionGroups = [compressedContents, compressedHandshakes, compressionBlindSpots]

export const groups: Group[] = [
  framing,
  pings,
  reservedBits,
  opcodes,
  fragmentation,
  utf8,
  closing,
  limits,
  autoFragmentation,
  compressedContents,
  compressedHandshakes,
  blindSpots,
  compressionBlindSpots,
]
