// An echo server as the endpoint under test, with default limits.

import { type Server, serve } from 'ntyws'
import { afterAll, beforeAll } from 'vitest'
import { OP } from '../support/frames.js'
import { RawClient } from '../support/raw-client.js'
import { plain } from '../support/transport.js'
import type { Subject } from './runner.js'

/** To be called where suites are described: the server lives from the first test of the file to the last. */
export function serverSubject(over = plain): Subject {
  let server: Server
  const connect = () => RawClient.open(server.ports[0] as number, {}, over)
  beforeAll(async () => {
    server = await serve({
      port: 0,
      host: '127.0.0.1',
      ...over.server,
      message(socket, data) {
        socket.send(data)
      },
    })
  })
  afterAll(() => server.close())
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
