// The npm package ws as an independent client, with what it receives in a queue.

import { once } from 'node:events'
import { onTestFinished } from 'vitest'
import { type ClientOptions, WebSocket } from 'ws'
import { Queue } from './queue.js'
import { transport } from './transport.js'

export class WsClient {
  readonly messages = new Queue<{ data: string | Buffer; isBinary: boolean }>()
  readonly pings = new Queue<Buffer>()
  readonly pongs = new Queue<Buffer>()
  readonly closed: Promise<{ code: number; reason: string }>

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer, isBinary) => {
      this.messages.push({ data: isBinary ? data : data.toString(), isBinary })
    })
    socket.on('ping', (data) => this.pings.push(data))
    socket.on('pong', (data) => this.pongs.push(data))
    socket.on('error', () => {}) // `closed` says what came of it
    this.closed = once(socket, 'close').then(([code, reason]) => ({ code, reason: String(reason) }))
    this.closed.catch(() => {}) // a handshake that fails rejects it, and `open`, which is what is looked at
    onTestFinished(() => socket.terminate())
  }

  static async open(url: string, protocols: string[] = [], options: ClientOptions = {}): Promise<WsClient> {
    const socket = new WebSocket(url, protocols, {
      perMessageDeflate: false,
      maxPayload: 1 << 28,
      ...transport.client,
      ...options,
    })
    const client = new WsClient(socket)
    await once(socket, 'open')
    return client
  }

  send(data: string | Uint8Array): void {
    this.socket.send(data)
  }

  async next(): Promise<string | Buffer> {
    return (await this.messages.next()).data
  }
}
