import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { memory } from '../../lib/shared-memory.js'
import { formatAddress, SocketImpl } from '../../lib/socket.js'
import { RawClient } from '../support/raw-client.js'
import { startServer } from '../support/test-server.js'

test.each([
  [0x7f000001, '127.0.0.1'],
  [0, ''], // a Unix socket, which has none
  [-1, '255.255.255.255'],
  [0xc0a80001 | 0, '192.168.0.1'],
  ['::1', '::1'],
])('the address %s is %j', (peer, text) => {
  expect(formatAddress(peer)).toBe(text)
})

test('ports are packed as C++ packs them, the highest ones too', () => {
  const server = { highWaterMark: 10 } as never
  const socket = new SocketImpl(server, 3, 1, '', 0, 65_535 | (65_534 << 16), undefined)
  expect([socket.remotePort, socket.localPort]).toEqual([65_535, 65_534])
})

test('the amount buffered is that of its slot while it is not closed', () => {
  const socket = new SocketImpl({ highWaterMark: 10 } as never, 5, 1, '', 0, 0, undefined)
  memory.outboundBytes[5] = 123
  expect(socket.bufferedAmount).toBe(123)
  socket.readyState = 3
  expect(socket.bufferedAmount).toBe(0)
  memory.outboundBytes[5] = 0
})

test('inspect shows what one wants to know of it', async () => {
  const { port, opened, closed } = await startServer<{ name: string }>({ upgrade: () => ({ data: { name: 'Ada' } }) })
  const client = await RawClient.open(port)
  const socket = await opened.next()
  expect(inspect(socket)).toBe(
    `Socket { OPEN, 127.0.0.1:${client.socket.localPort} → :${port}, data: { name: 'Ada' } }`,
  )
  socket.data.name = 'Bob'
  client.reset()
  await closed.next()
  expect(inspect(socket)).toContain('CLOSED')
  expect(inspect(socket)).toContain('Bob')
})

test('data is free to assign', async () => {
  const { port, opened, messages } = await startServer<number>({ upgrade: () => ({ data: 1 }) })
  const client = await RawClient.open(port)
  const socket = await opened.next()
  socket.data = 2
  client.send('x')
  expect((await messages.next()).socket.data).toBe(2)
})
