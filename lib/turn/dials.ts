// Dials under way, by the number that C++ knows them by.

import type { SocketImpl } from '../socket/socket.js'
import type { SocketGroup } from '../socket/socket-group.js'
import type { TlsInfo } from '../types/index.js'

/** What C++ says of a dial that failed. */
export interface DialFailure {
  /** The number of the native opening error. */
  kind: number
  /** Of a connection that broke; else 0. */
  errno: number
  /** Addresses that could not be connected to, and the one that could, with errno 0. */
  addresses: { errno: number; port: number; address: string }[]
  /** Of a response that was valid HTTP; else 0 and empty. */
  status: number
  head: string
  body: Buffer
}

/** Who waits for a dial. */
export interface Dial {
  // biome-ignore lint/suspicious/noExplicitAny: each has a type of data of its own
  group: SocketGroup<any>
  data: unknown
  /** @param tls undefined without TLS */
  opened(socket: SocketImpl<unknown>, responseHead: string, tls: TlsInfo | undefined): void
  failed(failure: DialFailure): void
}

const dials = new Map<number, Dial>()
let last = 0

/** @returns the dial's number, which is used once: what C++ says of it may be on its way when it has been given up. */
export function addDial(dial: Dial): number {
  last = (last + 1) >>> 0
  dials.set(last, dial)
  return last
}

/** Undefined when nobody waits for it any more. */
export function takeDial(id: number): Dial | undefined {
  const dial = dials.get(id)
  dials.delete(id)
  return dial
}
