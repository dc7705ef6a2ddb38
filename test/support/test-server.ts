// A server on a free loopback port, closed when the test ends, whose events wait in queues.

import { type ServeOptions, type Server, type Socket, type SocketError, serve } from 'ntyws'
import { onTestFinished } from 'vitest'
import { Queue } from './queue.js'
import { transport } from './transport.js'

export interface Received<T> {
  socket: Socket<T>
  data: string | Buffer
  isBinary: boolean
}

export interface Closed<T> {
  socket: Socket<T>
  code: number
  reason: string
}

export interface TestServer<T> {
  server: Server
  port: number
  url: string
  opened: Queue<Socket<T>>
  messages: Queue<Received<T>>
  pings: Queue<Buffer>
  pongs: Queue<Buffer>
  drained: Queue<Socket<T>>
  errors: Queue<SocketError>
  closed: Queue<Closed<T>>
}

export async function startServer<T = undefined>(options: Partial<ServeOptions<T>> = {}): Promise<TestServer<T>> {
  const opened = new Queue<Socket<T>>()
  const messages = new Queue<Received<T>>()
  const pings = new Queue<Buffer>()
  const pongs = new Queue<Buffer>()
  const drained = new Queue<Socket<T>>()
  const errors = new Queue<SocketError>()
  const closed = new Queue<Closed<T>>()
  const server = await serve<T>({
    port: 0,
    host: '127.0.0.1',
    closeTimeout: 1000,
    ...transport.server,
    ...options,
    open(socket) {
      opened.push(socket)
      options.open?.(socket)
    },
    message(socket, data, isBinary) {
      messages.push({ socket, data, isBinary })
      options.message?.(socket, data, isBinary)
    },
    ping(socket, data) {
      pings.push(data)
      options.ping?.(socket, data)
    },
    pong(socket, data) {
      pongs.push(data)
      options.pong?.(socket, data)
    },
    drain(socket) {
      drained.push(socket)
      options.drain?.(socket)
    },
    error(socket, error) {
      errors.push(error)
      options.error?.(socket, error)
    },
    close(socket, code, reason) {
      closed.push({ socket, code, reason })
      options.close?.(socket, code, reason)
    },
  })
  onTestFinished(() => server.close())
  const [port] = server.ports as [number]
  const url = `${transport.scheme}://127.0.0.1:${port}`
  return { server, port, url, opened, messages, pings, pongs, drained, errors, closed }
}

/** One that sends every message back. */
export function startEcho(options: Partial<ServeOptions> = {}): Promise<TestServer<undefined>> {
  return startServer({
    ...options,
    message(socket, data, isBinary) {
      options.message?.(socket, data, isBinary)
      socket.send(data)
    },
  })
}
