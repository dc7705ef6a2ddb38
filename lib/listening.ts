// Which address is listened on, and what it means when none can be.

import { lookup } from 'node:dns/promises'
import { getSystemErrorName } from 'node:util'
import { listenError } from './errors.js'
import { type ListenOutcome, native } from './native.js'

/** The addresses to try, in order. Without a host it is all of them, through an IPv6 socket where there is IPv6. */
export async function addressesOf(host: string | undefined): Promise<string[]> {
  if (host === undefined || host === '') return ['::', '0.0.0.0']
  if (native.isAddress(host)) return [host]
  return [(await lookup(host)).address]
}

const withoutIpv6 = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL'])

/**
 * Listens on the first address whose kind the system has.
 * @throws ListenError
 */
export function listenOnFirst<Outcome extends ListenOutcome>(
  addresses: readonly string[],
  listen: (address: string) => Outcome,
): Outcome & { host: string } {
  for (const [index, host] of addresses.entries()) {
    const outcome = listen(host)
    const { failures } = outcome
    if (failures.length === 0) return { ...outcome, host }
    const isLast = index === addresses.length - 1
    if (isLast || !failures.every(({ errno }) => withoutIpv6.has(getSystemErrorName(-errno)))) {
      throw listenError(host, failures)
    }
  }
  throw new Error('unreachable: there is always an address')
}
