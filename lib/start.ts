// Starts the native side of this thread, when it is first needed.

import { dispatch } from './inbox.js'
import { native } from './native.js'
import { memory } from './shared-memory.js'

let started = false

export function ensureStarted(): void {
  if (!started) native.start(memory, dispatch)
  started = true
  if (memory.inboxPayloads.length === 0) {
    throw new Error('ntyws needs external buffers, which this runtime does not allow')
  }
}
