// Why nothing is listened on, as users see it.

import { getSystemErrorName } from 'node:util'
import { native } from '../bridge/native.js'

export interface ListenError extends Error {
  code: string
  errno: number
  syscall: 'listen'
  address: string
  /** The first port that failed. */
  port: number
  /** All that failed. */
  ports: number[]
}

const listenReasons: Record<string, string> = {
  EADDRINUSE: 'address already in use',
  EACCES: 'permission denied',
  EADDRNOTAVAIL: 'address not available',
  EAFNOSUPPORT: 'address family not supported',
  EMFILE: 'too many open files',
}

/** No port is listened on, because of these; or no Unix socket, whose path is the address and whose port is 0. */
export function listenError(address: string, failures: readonly { port: number; errno: number }[]): ListenError {
  const portsByCode = new Map<string, number[]>()
  for (const { port, errno } of failures) {
    const code = getSystemErrorName(-errno)
    portsByCode.set(code, [...(portsByCode.get(code) ?? []), port])
  }
  const sentences = [...portsByCode].map(([code, ports]) => {
    const reason = listenReasons[code]
    const isPath = !native.isAddress(address)
    const where = isPath ? address : `${ports.length === 1 ? 'port' : 'ports'} ${ports.join(', ')} of ${address}`
    return `${code}${reason ? `: ${reason}` : ''} (${where})`
  })
  const [{ port, errno }] = failures as [{ port: number; errno: number }]
  return Object.assign(new Error(`listen ${sentences.join('; ')}`), {
    code: getSystemErrorName(-errno),
    errno: -errno,
    syscall: 'listen' as const,
    address,
    port,
    ports: failures.map((failure) => failure.port),
  })
}
