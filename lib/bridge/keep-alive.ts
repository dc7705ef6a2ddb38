// What keeps the process going: open servers, and connections that were dialled.

import { native } from './native.js'

let holding = 0

/** One reason for the process not to end. */
export class KeepAlive {
  #holds = false

  ref(): void {
    this.#set(true)
  }

  unref(): void {
    this.#set(false)
  }

  #set(holds: boolean): void {
    if (this.#holds === holds) return
    this.#holds = holds
    holding += holds ? 1 : -1
    native.setKeepAlive(holding > 0)
  }
}
