// The servers and open sockets of this thread, by the numbers that C++ knows them by.

import type { SlotHandle } from '../bridge/outbox.js'
import type { RequestImpl } from '../http/request.js'
import type { SocketImpl } from '../socket/socket.js'
import type { SocketGroup } from '../socket/socket-group.js'
import { type Client, ReadyState, type SocketError } from '../types/index.js'

/** What a turn wants of a server. */
export interface TurnServer {
  // biome-ignore lint/suspicious/noExplicitAny: each has a type of data of its own
  readonly group: SocketGroup<any>
  /** An opening request waits for its answer. */
  answerUpgrade(to: SlotHandle, request: RequestImpl): void
  /** So does a request that is no upgrade. */
  answerRequest(to: SlotHandle, request: RequestImpl): void
  /** A client did not come to speak TLS. */
  failTls(error: SocketError, client: Client): void
  warnOfAcceptError(errno: number): void
  /** Nothing is left of the server. */
  finishClosing(): void
}

/** The open servers, by their native id. */
export const servers: (TurnServer | undefined)[] = []

/** By slot; undefined where no connection is open. */
export const sockets: (SocketImpl | undefined)[] = []

/** From now on nothing is sent on the server's sockets: it closes them. */
export function markClosing(server: TurnServer): void {
  for (const socket of sockets) {
    if (socket?.group === server.group && socket.readyState === ReadyState.OPEN) {
      socket.readyState = ReadyState.CLOSING
    }
  }
}
