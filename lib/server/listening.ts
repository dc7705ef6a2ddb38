// Which address is listened on, and what it means when none can be.

import { lookup } from 'node:dns/promises'
import { getSystemErrorName } from 'node:util'
import { invalidValue } from '../base/errors.js'
import { shown } from '../base/shown.js'
import { type ListenOutcome, native } from '../bridge/native.js'
import { listenError } from './listen-error.js'
import { SocketFile } from './socket-file.js'

/** What a server listens on. */
export interface Listening {
  /** An address, or a Unix socket's path. */
  host: string
  ports: number[]
  socketFile?: SocketFile
}

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

/**
 * Listens on a Unix socket.
 * @throws TypeError for a path that cannot be one; ListenError
 */
export function listenAt(id: number, { path, port }: { path: string; port?: unknown }): Listening {
  if (port !== undefined) throw invalidValue(`a server has a port or a path, not both: ${shown(port)}, ${shown(path)}`)
  if (typeof path !== 'string' || !native.isSocketPath(path)) {
    throw invalidValue(`path must have 1 to 107 bytes, and no zero byte, not ${shown(path)}`)
  }
  const errno = native.listenAt(id, path)
  if (errno !== 0) throw listenError(path, [{ port: 0, errno }])
  return { host: path, ports: [], socketFile: new SocketFile(path) }
}
