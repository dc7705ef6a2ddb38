// The TLS contexts of dials. Making one may mean to read all certificates that the system trusts: each is made once for the
// object of options that it is of, and lives as long.

import { ownOptions } from '../base/own-properties.js'
import { native } from '../bridge/native.js'
import { numberOf, readClientContext, servernameOf } from '../tls/secure-context.js'
import type { ClientTlsOptions } from '../types/index.js'

const contexts = new WeakMap<ClientTlsOptions, number>()
const strangers = new WeakMap<ClientTlsOptions, ClientTlsOptions>()
const collected = new FinalizationRegistry((context: number) => native.freeClientContext(context))
const defaults: ClientTlsOptions = {}

/** What a dial needs to know of TLS. */
export interface ClientTls {
  secureContext: number
  tlsHost: string
  asksForTlsHost: boolean
}

export const withoutTls: ClientTls = { secureContext: -1, tlsHost: '', asksForTlsHost: false }

/**
 * As in Node: a servername of '' asks the server for no name, and has its certificate checked against the URL's host.
 * @throws what readClientContext and servernameOf throw; SecureContextError
 */
export function clientTls(options: ClientTlsOptions = defaults, host: string): ClientTls {
  const secureContext = contextOf(options)
  const servername = servernameOf(options)
  // RFC 6066 §3: without the dot that may end a name in full.
  return { secureContext, tlsHost: (servername || host).replace(/\.$/, ''), asksForTlsHost: servername !== '' }
}

function contextOf(options: ClientTlsOptions): number {
  const known = contexts.get(options)
  if (known !== undefined) return known
  const context = numberOf(native.createClientContext(readClientContext(options)))
  contexts.set(options, context)
  collected.register(options, context)
  return context
}

/** For a server that another one sends us to: it is not told who we are, and has a name of its own. */
export function tlsForStrangers(options: ClientTlsOptions | undefined): ClientTlsOptions | undefined {
  if (options === undefined) return undefined
  const known = strangers.get(options)
  if (known) return known
  const { cert, key, passphrase, servername, ...rest } = ownOptions(options)
  strangers.set(options, rest)
  return rest
}
