// Connections that come and go while nobody looks: those that end and those that begin are then found in the same turns,
// and each descriptor passes from one to the next within one tick.

import { expect, test } from 'vitest'
import { FaultServer } from '../support/fault-server.js'
import { encodeClose, encodeMessage } from '../support/frames.js'
import { RawClient, upgradeRequest } from '../support/raw-client.js'

test('what is said to a socket reaches nobody else, however late', async () => {
  // Each socket is told its own name on every occasion, long after its end too.
  const server = await FaultServer.start(`(() => {
    const all = []
    const tell = () => { for (const each of all) each.send(each.data) }
    return {
      closeTimeout: 50,
      upgrade: (request) => ({ data: request.path }),
      open(socket) {
        if (socket.data === '/') return
        all.push(socket)
        note(socket.slot)
        tell()
      },
      message(socket, data) {
        if (data === 'still there?') return socket.send(data)
        tell()
        if (data === 'leave') socket.terminate()
        tell()
        Promise.resolve().then(tell)
        setImmediate(tell)
        // Meanwhile others end and begin.
        for (const until = performance.now() + 3; performance.now() < until;);
      },
      close(socket) {
        if (socket.data === '/') return
        tell()
        process.nextTick(tell)
      },
    }
  })()`)
  const endings: ((client: RawClient) => void)[] = [
    (client) => client.send('leave'),
    (client) => client.reset(),
    (client) => client.write(Buffer.concat([encodeMessage('last'), encodeClose(1000)])),
    (client) => client.end(),
  ]
  let ended: RawClient[] = []
  const rounds = 40
  for (let round = 0; round < rounds; round++) {
    const names = Array.from({ length: 5 }, (_, i) => `/${round}.${i}`)
    const clients = await Promise.all(
      names.map(async (target) => {
        const client = await RawClient.connect(server.port)
        client.write(Buffer.concat([Buffer.from(upgradeRequest({ target })), encodeMessage('hello')]))
        return client
      }),
    )
    // While they open, those of the round before leave.
    for (const [i, client] of ended.entries()) endings[(i + round) % endings.length]?.(client)
    for (const [i, client] of clients.entries()) {
      expect((await client.readHead()).status).toBe(101)
      const heard = (await client.readFrames(3)).map(({ payload }) => payload.toString())
      expect(new Set(heard)).toEqual(new Set([names[i]]))
    }
    for (const client of ended) client.socket.destroy()
    ended = clients
  }
  for (const client of ended) client.socket.destroy()
  const slots = (await server.state()).notes
  expect(slots.length).toBe(5 * rounds)
  expect(new Set(slots).size).toBeLessThan(slots.length / 2) // each has had several users
  await server.expectRecovery()
  await server.expectEnd()
})
