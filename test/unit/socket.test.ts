import { inspect } from 'node:util'
import type { SendOptions, Socket } from 'ntyws'
import { describe, expect, test } from 'vitest'
import { formatAddress } from '../../lib/base/address.js'
import { flush } from '../../lib/bridge/outbox.js'
import * as layout from '../../lib/bridge/record-layout.js'
import { memory } from '../../lib/bridge/shared-memory.js'
import { SocketImpl } from '../../lib/socket/socket.js'
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

describe('the record of a message says whether it is to be compressed', () => {
  async function recordsOf(send: (socket: Socket) => void, count = 1): Promise<number[][]> {
    const { port, opened } = await startServer()
    await RawClient.open(port)
    const socket = await opened.next()
    flush()
    send(socket)
    const heads = Array.from({ length: count }, (_, i) => {
      return memory.outboxRecords[i * layout.OUTBOX_RECORD_WORDS] as number
    })
    return heads.map((head) => [head & 0xff, head >> 8])
  }

  test.each([
    ['nothing said', undefined, layout.OUT_STRING, 0],
    ['no options', {}, layout.OUT_STRING, 0],
    ['undefined', { compress: undefined }, layout.OUT_STRING, 0],
    ['true', { compress: true }, layout.OUT_TEXT, layout.FLAG_COMPRESS],
    ['false', { compress: false }, layout.OUT_TEXT, layout.FLAG_DO_NOT_COMPRESS],
    ['true, as binary', { compress: true, binary: true }, layout.OUT_BINARY, layout.FLAG_COMPRESS],
  ])('text, %s', async (_, options, kind, flags) => {
    expect(await recordsOf((socket) => socket.send('text', options as SendOptions))).toEqual([[kind, flags]])
  })

  test.each([
    ['small', 10, 0],
    ['large', 100_000, layout.FLAG_ATTACHED],
  ])('bytes, a %s Buffer', async (_, size, attached) => {
    const bytes = Buffer.alloc(size, 'x')
    const sent = await recordsOf((socket) => {
      socket.send(bytes)
      socket.send(bytes, { compress: true })
      socket.send(bytes, { compress: false, binary: false })
    }, 3)
    expect(sent).toEqual([
      [layout.OUT_BINARY, attached],
      [layout.OUT_BINARY, attached | layout.FLAG_COMPRESS],
      [layout.OUT_TEXT, attached | layout.FLAG_DO_NOT_COMPRESS],
    ])
  })

  test('of fragments none does', async () => {
    const sent = await recordsOf((socket) => {
      socket.send('first', { fin: false, compress: true })
      socket.send('last', { compress: true })
    }, 2)
    expect(sent.map(([, flags]) => flags)).toEqual([layout.FLAG_UNFINISHED, 0])
  })
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
