// The TLS contexts of one server: made before it listens, and replaced while it runs.

import { invalidArgument, invalidValue } from '../base/errors.js'
import { shown } from '../base/shown.js'
import { native } from '../bridge/native.js'
import { createSecureContext, newTicketKeys, readSecureContext } from '../tls/secure-context.js'
import type { SecureContextOptions } from '../types/index.js'

export class ServerTls {
  /** By host name, '' for all others: what the contexts were made of. */
  readonly #options = new Map<string, SecureContextOptions>()
  readonly #ticketKeys: Uint8Array
  /** What waits for the server's start. */
  readonly #contexts = new Map<string, number>()
  #server: number | undefined

  /** @throws what readSecureContext and createSecureContext throw */
  constructor(options: SecureContextOptions, ticketKeys = newTicketKeys()) {
    this.#ticketKeys = ticketKeys
    this.set(options, '')
  }

  /** From now on the native server speaks TLS. */
  start(server: number): void {
    this.#server = server
    for (const [hostName, context] of this.#contexts) native.setSecureContext(server, context, hostName)
    this.#contexts.clear()
  }

  /**
   * From now on for `hostName`, or with '' for all others. Without options: made of the same as before, whose files may have
   * changed; without a host name either, all of them.
   * @throws what readSecureContext and createSecureContext throw, and nothing is changed
   */
  set(options: SecureContextOptions | undefined, hostName: string | undefined): void {
    const changes = this.#changes(options, hostName)
    const made = this.#make(changes)
    for (const [name, changed] of changes) {
      const context = made.get(name) as number
      this.#options.set(name, changed)
      if (this.#server === undefined) this.#contexts.set(name, context)
      else native.setSecureContext(this.#server, context, name)
    }
  }

  #changes(given: SecureContextOptions | undefined, hostName: string | undefined): Map<string, SecureContextOptions> {
    if (given === undefined && hostName === undefined) return new Map(this.#options)
    const name = normalHostName(hostName)
    const options = given === undefined ? this.#options.get(name) : given
    if (options === undefined) throw invalidValue(`${shown(hostName)} has no secure context that could be read again`)
    return new Map([[name, options]])
  }

  // All before one of them is used, as the last may be wrong.
  #make(changes: Map<string, SecureContextOptions>): Map<string, number> {
    const made = new Map<string, number>()
    try {
      for (const [name, options] of changes) {
        made.set(name, createSecureContext(readSecureContext(options, this.#ticketKeys)))
      }
    } catch (error) {
      for (const context of made.values()) native.freeSecureContext(context)
      throw error
    }
    return made
  }
}

/** So that each name is one, however it is spelled. */
export function normalHostName(hostName: unknown = ''): string {
  if (typeof hostName !== 'string') throw invalidArgument(`a host name is a string, not ${shown(hostName)}`)
  return hostName.toLowerCase().replace(/\.$/, '')
}
