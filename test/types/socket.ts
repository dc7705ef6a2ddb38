// What a socket must accept and refuse at compile time. `tsc -p test/types` checks it; nothing here runs.

import type { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import {
  type Payload,
  ReadyState,
  type SendOptions,
  type Socket,
  type SocketError,
  type StreamOptions,
  serve,
} from 'ntyws'

interface Player {
  name: string
  score: number
}

export function data(socket: Socket<Player>, plain: Socket): void {
  const name: string = socket.data.name
  socket.data.score += 1
  socket.data = { name: 'x', score: 0 }
  // @ts-expect-error
  socket.data.score = 'high'
  // @ts-expect-error
  socket.data.level
  // @ts-expect-error
  socket.data = { name: 'x' }
  // @ts-expect-error
  socket.data = undefined
  // @ts-expect-error without a type there is no data
  plain.data.name
  // @ts-expect-error
  plain.data = { name: 'x' }
}

serve<Player>({
  port: 0,
  upgrade: () => ({ data: { name: 'x', score: 0 } }),
  open: (socket) => {
    socket.data.score++
    // @ts-expect-error
    socket.data.level++
  },
  close(socket) {
    // @ts-expect-error
    const score: string = socket.data.score
  },
})

export function send(socket: Socket, shared: SharedArrayBuffer): void {
  const sent: boolean = socket.send('text')
  socket.send(Buffer.from([1]))
  socket.send(new Uint8Array(1))
  socket.send(new Float64Array(1))
  socket.send(new DataView(new ArrayBuffer(1)))
  socket.send(new ArrayBuffer(1))
  socket.send(shared)
  socket.send('text', { binary: true })
  socket.send('text', {})
  socket.send('text', { compress: true, binary: true })
  socket.send(Buffer.alloc(1), { compress: false })
  const payload: Payload = 'x'
  const options: SendOptions = { binary: false, fin: false }

  // @ts-expect-error
  socket.send()
  // @ts-expect-error
  socket.send(7)
  // @ts-expect-error
  socket.send(7n)
  // @ts-expect-error
  socket.send(null)
  // @ts-expect-error
  socket.send(undefined)
  // @ts-expect-error
  socket.send({ json: true })
  // @ts-expect-error
  socket.send([1, 2, 3])
  // @ts-expect-error
  socket.send(new Blob([]))
  // @ts-expect-error
  socket.send(Promise.resolve('x'))
  // @ts-expect-error
  socket.send('x', { binary: 'yes' })
  // @ts-expect-error
  socket.send('x', { compress: 7, bin: true })
  // @ts-expect-error
  socket.send('x', { compress: 1 })
  // @ts-expect-error
  socket.send('x', { fin: 0 })
  // @ts-expect-error the options are an object
  socket.send('x', true)
  // @ts-expect-error there is no callback
  socket.send('x', () => {})
}

export async function stream(socket: Socket, web: ReadableStream<Uint8Array>, node: Readable): Promise<void> {
  async function* pieces() {
    yield 'text'
    yield Buffer.from('bytes')
  }
  async function* numbers() {
    yield 7
  }
  const sent: boolean = await socket.sendStream(pieces())
  await socket.sendStream(web, { binary: false })
  await socket.sendStream(node, {})
  const options: StreamOptions = { binary: true }

  // @ts-expect-error
  await socket.sendStream()
  // @ts-expect-error it is the call's result that is iterable
  await socket.sendStream(pieces)
  // @ts-expect-error
  await socket.sendStream(numbers())
  // @ts-expect-error
  await socket.sendStream('text')
  // @ts-expect-error
  await socket.sendStream(pieces(), { fin: true })
  // @ts-expect-error fragments go as they are
  await socket.sendStream(pieces(), { compress: true })
  // @ts-expect-error
  const now: boolean = socket.sendStream(pieces())
}

export function control(socket: Socket): void {
  const pinged: boolean = socket.ping()
  const ponged: boolean = socket.pong(Buffer.alloc(1))
  socket.ping('x')
  // @ts-expect-error
  socket.ping(7)
  // @ts-expect-error
  socket.pong({})

  socket.close()
  socket.close(1000)
  socket.close(4000, 'reason')
  // @ts-expect-error
  socket.close('1000')
  // @ts-expect-error
  socket.close('reason')
  // @ts-expect-error
  socket.close(1000n)
  // @ts-expect-error
  socket.close(null)
  // @ts-expect-error
  socket.close({ code: 1000 })
  // @ts-expect-error
  socket.close(1000, 7)
  // @ts-expect-error
  socket.close(1000, Buffer.from('x'))
  // @ts-expect-error nothing comes back
  const closed: boolean = socket.close()
  // @ts-expect-error
  socket.terminate(1000)
  // @ts-expect-error
  socket.pause(true)
  socket.resume()
}

export function fields(socket: Socket): void {
  const strings: string[] = [socket.protocol, socket.remoteAddress]
  const numbers: number[] = [socket.bufferedAmount, socket.remotePort, socket.localPort]
  const state: 0 | 1 | 2 | 3 = socket.readyState
  if (socket.readyState === ReadyState.OPEN) socket.send('x')
  // @ts-expect-error no such state
  if (socket.readyState === 4) return
  // @ts-expect-error
  const wrong: ReadyState = 4
  // @ts-expect-error
  ReadyState.OPEN = 2

  // @ts-expect-error
  socket.protocol = 'x'
  // @ts-expect-error
  socket.readyState = ReadyState.CLOSED
  // @ts-expect-error
  socket.bufferedAmount = 0
  // @ts-expect-error
  socket.remoteAddress = 'x'
  // @ts-expect-error
  socket.remotePort = 1
  // @ts-expect-error
  socket.localPort = 1
  const greeting: string | undefined = socket.responseHeaders?.['x-greeting']
  const resumed: boolean | undefined = socket.tls?.sessionReused
  // @ts-expect-error a server's socket has none
  socket.responseHeaders.upgrade
  // @ts-expect-error nor has one without TLS
  socket.tls.cipher
  // @ts-expect-error what the class has besides is not public
  socket.slot
}

export function errors(error: SocketError): void {
  const asError: Error = error
  const code: string = error.code
  // @ts-expect-error
  const number: number = error.code
}

// @ts-expect-error sockets are given, not made
new Socket()

// A function that takes any socket takes every socket.
export function log(socket: Socket<unknown>): string {
  return socket.remoteAddress
}
export function logAll(player: Socket<Player>, plain: Socket): void {
  log(player)
  log(plain)
}
