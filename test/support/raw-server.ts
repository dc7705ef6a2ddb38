// A server whose connections are played by hand.

import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { Queue } from './queue.js'
import { RawClient } from './raw-client.js'

export class RawServer {
  readonly #accepted = new Queue<Socket>()
  readonly #server = createServer({ allowHalfOpen: true }, (socket) => this.#accepted.push(socket))

  private constructor() {
    onTestFinished(() => void this.#server.close())
  }

  /** On a free port of an address, or on a Unix socket. */
  static async start(at: { host?: string; path?: string } = {}): Promise<RawServer> {
    const server = new RawServer()
    server.#server.listen(at.path === undefined ? { port: 0, host: at.host ?? '127.0.0.1' } : { path: at.path })
    await once(server.#server, 'listening')
    return server
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`
  }

  async accept(): Promise<RawClient> {
    return RawClient.accepted(await this.#accepted.next())
  }
}

/** A port that nobody listens on. */
export async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
