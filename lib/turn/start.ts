// Starts the native side of this thread, when it is first needed.

import { native } from '../bridge/native.js'
import { memory } from '../bridge/shared-memory.js'
import { dispatch } from './dispatch.js'

let started = false

export function ensureStarted(): void {
  if (!started) native.start(memory, dispatch)
  started = true
  if (memory.inboxPayloads.length === 0) {
    throw new Error('ntyws needs external buffers, which this runtime does not allow')
  }
}
