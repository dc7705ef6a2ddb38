// An echo server as the endpoint under test, with default limits; for each kind of compression another one.

import { strict as assert } from 'node:assert'
import { type PerMessageDeflateOptions, type Server, serve } from 'ntyws'
import { afterAll, beforeAll } from 'vitest'
import { OP } from '../support/frames.js'
import { RawClient } from '../support/raw-client.js'
import { plain } from '../support/transport.js'
import type { Compression } from './case.js'
import type { Subject } from './runner.js'

/** To be called where suites are described: the servers live to the last test of the file. */
export function serverSubject(over = plain): Subject {
  const start = (perMessageDeflate: boolean | PerMessageDeflateOptions) =>
    serve({
      port: 0,
      host: '127.0.0.1',
      ...over.server,
      perMessageDeflate,
      message(socket, data) {
        socket.send(data)
      },
    })
  let server: Server
  const compressing = new Map<PerMessageDeflateOptions, Promise<Server>>()
  beforeAll(async () => {
    server = await start(false)
  })
  afterAll(async () => {
    for (const each of [server, ...(await Promise.all(compressing.values()))]) await each.close()
  })

  const open = (to: Server, offer?: string) => {
    const headers = offer === undefined ? {} : { 'Sec-WebSocket-Extensions': offer }
    return RawClient.open(to.ports[0] as number, { headers }, over)
  }

  async function connect(compression?: Compression): Promise<RawClient> {
    if (!compression) return open(server)
    const { options, offer, answer } = compression.handshake.server
    const started = compressing.get(options) ?? start(options)
    compressing.set(options, started)
    const peer = await open(await started, offer)
    assert.equal(peer.acceptance?.headers['sec-websocket-extensions'] ?? '', answer, 'what the server answers')
    return peer
  }

  return {
    role: 'server',
    connect,
    // The server reads what is ready before it comes to what was sent later, on whatever connection.
    async settle() {
      const probe = await connect()
      probe.sendFrame({ opcode: OP.ping })
      await probe.readFrame()
      probe.socket.destroy()
    },
  }
}
