// The TLS contexts of one server: made before it listens, and replaced while it runs.

import { inspect } from 'node:util'
import { invalidArgument, invalidValue } from './errors.js'
import { native } from './native.js'
import { createSecureContext, newTicketKeys, readSecureContext } from './secure-context.js'
import type { SecureContextOptions } from './types.js'

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

  /** Without options: made of the same as before, whose files may have changed. */
  set(given: SecureContextOptions | undefined, hostName: string): void {
    if (typeof hostName !== 'string') throw invalidArgument(`a host name is a string, not ${inspect(hostName)}`)
    const options = given ?? this.#options.get(hostName)
    if (options === undefined) throw invalidValue(`${inspect(hostName)} has no secure context that could be read again`)
    const context = createSecureContext(readSecureContext(options, this.#ticketKeys))
    this.#options.set(hostName, options)
    if (this.#server === undefined) this.#contexts.set(hostName, context)
    else native.setSecureContext(this.#server, context, hostName)
  }
}
