// The inbox as a user can see it: messages that lie together are taken over together, and each must come out whole.

import { strict as assert } from 'node:assert'
import { expect, test } from 'vitest'
import * as layout from '../../lib/bridge/record-layout.js'
import { servers } from '../../lib/turn/registry.js'
import { encodeFrame, encodeMessage, OP } from '../support/frames.js'
import { RawClient } from '../support/raw-client.js'
import { startServer } from '../support/test-server.js'

async function expectReceived(all: (string | Buffer)[]): Promise<void> {
  const { port, messages } = await startServer()
  const client = await RawClient.open(port)
  client.write(Buffer.concat(all.map(encodeMessage)))
  const received = await messages.take(all.length)
  for (const [i, data] of all.entries()) assert.deepStrictEqual(received[i]?.data, data, `message ${i}`)
}

const sizes = [0, 1, 2, 3, 4, 5, 1023, 1024, 1025, 4095, 4096, 4097, 8191, 8192, 8193]

test('ASCII of sizes around those at which it is taken over together', () =>
  expectReceived([...sizes, ...sizes].map((size, i) => String.fromCharCode(97 + (i % 26)).repeat(size))))

test('bytes of such sizes', () => expectReceived([...sizes, ...sizes].map((size, i) => Buffer.alloc(size, i))))

test('runs that other kinds interrupt', () =>
  expectReceived(
    Array.from({ length: 300 }, (_, i) => {
      const size = (i * 37) % 700
      if (i % 7 < 3) return `${i}:${'a'.repeat(size)}`
      if (i % 7 < 5) return Buffer.alloc(size, i)
      return i % 7 === 5 ? `${i}:${'ö'.repeat(size)}` : 'x'.repeat(2000 + size)
    }),
  ))

test('runs of several connections in one turn', async () => {
  const { port, messages, opened } = await startServer()
  const clients = await Promise.all(Array.from({ length: 10 }, () => RawClient.open(port)))
  await opened.take(10)
  for (const [c, client] of clients.entries()) {
    client.write(
      Buffer.concat(Array.from({ length: 50 }, (_, i) => encodeMessage(i % 2 ? `${c} ${i}` : Buffer.from([c, i])))),
    )
  }
  const seen = new Map<unknown, (string | Buffer)[]>()
  for (const { socket, data } of await messages.take(500)) seen.set(socket, [...(seen.get(socket) ?? []), data])
  for (const received of seen.values()) {
    const c = (received[0] as Buffer)[0] as number
    assert.deepStrictEqual(
      received,
      Array.from({ length: 50 }, (_, i) => (i % 2 ? `${c} ${i}` : Buffer.from([c, i]))),
    )
  }
})

test('payloads that fill it, several times', () =>
  expectReceived(
    Array.from({ length: 40 }, (_, i) => Buffer.alloc(layout.INBOX_COPIED_MAX - (i % 5), i)).flatMap((data, i) => [
      data,
      `${i}`,
    ]),
  ))

test('messages around the size from which on they have memory of their own', () =>
  expectReceived(
    [-1, 0, 1].flatMap((more) => {
      const size = layout.INBOX_COPIED_MAX + more
      return [Buffer.alloc(size, more), 'a'.repeat(size), `${'a'.repeat(size - 2)}é`]
    }),
  ))

test('a message handler that is left out', async () => {
  const { port, closed } = await startServer()
  const entry = servers.find((server) => (server as unknown as { ports: number[] } | undefined)?.ports[0] === port)
  ;(entry as { handlers: object }).handlers = {
    ...entry?.handlers,
    message: undefined,
    ping: undefined,
    pong: undefined,
  }
  const client = await RawClient.open(port)
  client.write(
    Buffer.concat([
      encodeMessage('text'),
      encodeMessage(Buffer.from([1])),
      encodeFrame({ opcode: OP.ping }),
      encodeFrame({ opcode: OP.pong }),
      encodeFrame({ opcode: OP.close }),
    ]),
  )
  expect(await closed.next()).toMatchObject({ code: 1005 })
})

test('closed servers are forgotten', async () => {
  const before = servers.filter(Boolean).length
  const { server, port } = await startServer()
  expect(servers.filter(Boolean).length).toBe(before + 1)
  await RawClient.open(port).then((client) => client.socket.destroy())
  await server.close()
  expect(servers.filter(Boolean).length).toBe(before)
})
