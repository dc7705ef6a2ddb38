// The TLS contexts of dials. Making one may mean to read all certificates that the system trusts: each is made once for the
// object of options that it is of, and lives as long.

import { native } from './native.js'
import { numberOf, readClientContext } from './secure-context.js'
import type { ClientTlsOptions } from './types.js'

const contexts = new WeakMap<ClientTlsOptions, number>()
const collected = new FinalizationRegistry((context: number) => native.freeClientContext(context))
const defaults: ClientTlsOptions = {}

/** @throws what readClientContext throws; SecureContextError */
export function clientContext(options: ClientTlsOptions = defaults): number {
  const known = contexts.get(options)
  if (known !== undefined) return known
  const context = numberOf(native.createClientContext(readClientContext(options)))
  contexts.set(options, context)
  collected.register(options, context)
  return context
}
