// A socket of connect(), dropped when the test ends, whose events wait in queues.

import { type ConnectOptions, connect, type Socket, type SocketError } from 'ntyws'
import { onTestFinished } from 'vitest'
import { Queue } from './queue.js'

export interface TestConnection<T> {
  socket: Socket<T>
  messages: Queue<string | Buffer>
  pings: Queue<string>
  pongs: Queue<string>
  drained: Queue<true>
  errors: Queue<SocketError>
  closed: Queue<{ code: number; reason: string }>
}

export async function openConnection<T = undefined>(
  url: string | URL,
  options: ConnectOptions<T> = {},
): Promise<TestConnection<T>> {
  const messages = new Queue<string | Buffer>()
  const pings = new Queue<string>()
  const pongs = new Queue<string>()
  const drained = new Queue<true>()
  const errors = new Queue<SocketError>()
  const closed = new Queue<{ code: number; reason: string }>()
  const socket = await connect<T>(url, {
    ...options,
    message(from, data, isBinary) {
      messages.push(data)
      options.message?.(from, data, isBinary)
    },
    ping: (_, data) => pings.push(data.toString()),
    pong: (_, data) => pongs.push(data.toString()),
    drain: () => drained.push(true),
    error: (_, error) => errors.push(error),
    close(from, code, reason) {
      closed.push({ code, reason })
      options.close?.(from, code, reason)
    },
  })
  onTestFinished(() => socket.terminate())
  return { socket, messages, pings, pongs, drained, errors, closed }
}
