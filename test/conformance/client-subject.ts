// An echo client as the endpoint under test, with default limits: it is made to connect to a server that is played by hand.

import { strict as assert } from 'node:assert'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket as TcpSocket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { connect } from 'ntyws'
import { afterAll, beforeAll } from 'vitest'
import { OP } from '../support/frames.js'
import { Queue } from '../support/queue.js'
import { RawClient } from '../support/raw-client.js'
import { plain, type Transport } from '../support/transport.js'
import type { Compression } from './case.js'
import type { Subject } from './runner.js'

/** To be called where suites are described: the server lives from the first test of the file to the last. */
export function clientSubject({ scheme, server: { tls }, client: trust }: Transport = plain): Subject {
  const accepted = new Queue<TcpSocket>()
  const accept = (socket: TcpSocket) => accepted.push(socket)
  const halfOpen = { allowHalfOpen: true, noDelay: true }
  const server = tls
    ? createTlsServer({ ...halfOpen, cert: tls.cert as string, key: tls.key as string }, accept)
    : createServer(halfOpen, accept)
  beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'))
  afterAll(() => server.close())

  // One at a time: what is accepted next is then what was dialled, with its offer.
  let last: Promise<unknown> = Promise.resolve()
  function open(compression?: Compression): Promise<RawClient> {
    const opened = last.then(() => dial(compression))
    last = opened.catch(() => {})
    return opened
  }

  async function dial(compression: Compression | undefined): Promise<RawClient> {
    const { port } = server.address() as AddressInfo
    const { options, offer, answer } = compression?.handshake.client ?? {}
    const connected = connect(`${scheme}://127.0.0.1:${port}`, {
      ...(trust && { tls: trust }), // one object: sessions are resumed, which saves most of the time
      ...(options && { perMessageDeflate: options }),
      message(socket, data) {
        socket.send(data)
      },
    })
    const peer = RawClient.accepted(await accepted.next())
    const request = await peer.acceptUpgrade(answer ? `Sec-WebSocket-Extensions: ${answer}\r\n` : '')
    assert.equal(/^Sec-WebSocket-Extensions: (.*)\r$/m.exec(request)?.[1], offer, 'what the client offers')
    await connected
    return peer
  }

  return {
    role: 'client',
    connect: open,
    // What is ready is read before what was sent later, on whatever connection.
    async settle() {
      const probe = await open()
      probe.sendFrame({ opcode: OP.ping, masked: false })
      await probe.readFrame()
      probe.socket.destroy()
    },
  }
}
