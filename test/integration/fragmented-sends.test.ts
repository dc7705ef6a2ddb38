// Messages that leave in fragments: send with `fin`, and sendStream.

import { strict as assert } from 'node:assert'
import { Readable } from 'node:stream'
import { ReadableStream } from 'node:stream/web'
import type { Payload, ServeOptions, Socket } from 'ntyws'
import { describe, expect, test } from 'vitest'
import { type Frame, OP } from '../support/frames.js'
import { Queue } from '../support/queue.js'
import { RawClient } from '../support/raw-client.js'
import { startServer } from '../support/test-server.js'
import { WsClient } from '../support/ws-client.js'

async function open(options: Partial<ServeOptions> = {}) {
  const server = await startServer(options)
  const client = await RawClient.open(server.port)
  return { ...server, client, socket: await server.opened.next() }
}

/** Like `text a`, with a dot where others follow. */
function brief({ fin, opcode, payload }: Frame): string {
  const name = Object.entries(OP).find(([, value]) => value === opcode)?.[0]
  return `${name} ${payload}${fin ? '' : '.'}`
}

async function readBrief(client: RawClient, count: number): Promise<string[]> {
  return (await client.readFrames(count)).map(brief)
}

/** An iterable whose pieces the test pushes one by one; undefined ends it, an error is thrown. */
function source() {
  const pieces = new Queue<{ piece: Payload | Error | undefined }>()
  let isReleased: () => void
  const released = new Promise<void>((resolve) => {
    isReleased = resolve
  })
  const iterable: AsyncIterable<Payload> = {
    [Symbol.asyncIterator]: () => ({
      async next() {
        const { piece } = await pieces.next()
        if (piece instanceof Error) throw piece
        return piece === undefined ? { done: true, value: undefined } : { done: false, value: piece }
      },
      async return() {
        isReleased()
        return { done: true, value: undefined }
      },
    }),
  }
  return { iterable, released, push: (piece: Payload | Error | undefined) => pieces.push({ piece }) }
}

async function* generate<T>(...pieces: T[]) {
  yield* pieces
}

describe('send with fin', () => {
  test('begins a message, goes on with it, and ends it without', async () => {
    const { client, socket, server } = await open()
    expect(socket.send('a', { fin: false })).toBe(true)
    socket.send('b', { fin: false })
    socket.send('c')
    socket.send('whole')
    socket.send(Buffer.from('d'), { fin: false })
    socket.send('e', { fin: true })
    socket.send('one frame', { fin: true })
    expect(await readBrief(client, 7)).toEqual([
      'text a.',
      'continuation b.',
      'continuation c',
      'text whole',
      'binary d.',
      'continuation e',
      'text one frame',
    ])
    expect(server.stats().messagesSent).toBe(4)
  })

  test('allows control frames in between, and close', async () => {
    const { client, socket } = await open()
    socket.send('a', { fin: false })
    socket.ping('1')
    socket.pong('2')
    client.sendFrame({ opcode: OP.ping, payload: '3' })
    expect(await readBrief(client, 4)).toEqual(['text a.', 'ping 1', 'pong 2', 'pong 3'])
    socket.send('b', { fin: false })
    socket.close()
    expect(socket.readyState).toBe(2)
    expect(socket.send('c')).toBe(false)
    expect(await readBrief(client, 2)).toEqual(['continuation b.', 'close '])
  })

  test.each([
    ['a character of a string', ['a\ud83d', '\ude00', 'b\ud83d\ude00']],
    ['a character of bytes', [Buffer.from([0x61, 0xf0, 0x9f]), Buffer.from([0x98]), Buffer.from([0x80, 0x62])]],
    ['an order mark', [Buffer.from([0xef, 0xbb]), Buffer.from([0xbf]), 'x']],
  ])('text may be cut within %s', async (_, pieces) => {
    const { url, opened } = await startServer()
    const client = await WsClient.open(url)
    const socket = await opened.next()
    for (const piece of pieces) socket.send(piece, { binary: false, fin: false })
    socket.send('')
    const whole =
      typeof pieces[0] === 'string'
        ? pieces.join('')
        : Buffer.concat(pieces.map((piece) => Buffer.from(piece as Buffer))).toString()
    expect((await client.messages.next()).data).toBe(whole)
  })

  test('bytes that are no text throw, and the message can go on', async () => {
    const { client, socket } = await open()
    socket.send('a', { fin: false })
    for (const wrong of [[0xff], [0xc3]]) {
      expect(() => socket.send(Buffer.from(wrong))).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }))
    }
    expect(() => socket.send(7 as never, { fin: false })).toThrow(TypeError)
    socket.send('b')
    expect(await readBrief(client, 2)).toEqual(['text a.', 'continuation b'])
  })

  test('large fragments go out from where they lie', async () => {
    const { client, socket } = await open()
    const large = Buffer.alloc(200_000, 'l')
    socket.send(large, { fin: false })
    socket.send(large)
    const [first, second] = (await client.readFrames(2)) as [Frame, Frame]
    expect([first.fin, first.opcode, second.fin, second.opcode]).toEqual([false, OP.binary, true, OP.continuation])
    assert.deepStrictEqual(first.payload, large)
    assert.deepStrictEqual(second.payload, large)
  })

  test('drop: leaves out whole messages, never a fragment of one that has begun', async () => {
    const { client, socket, server } = await open({ highWaterMark: 1_000_000, outboundPolicy: 'drop' })
    client.socket.pause()
    const piece = Buffer.alloc(100_000, 'p')
    socket.send('begun', { fin: false })
    let count = 1
    // Until the kernel takes no more, and twice the mark is held.
    for (; socket.bufferedAmount <= 2_000_000; count++) {
      socket.send(piece, { fin: false })
      await new Promise(setImmediate)
    }
    socket.send('ended')
    expect(server.stats().messagesDropped).toBe(0)
    for (let i = 0; i < 3; i++) expect(socket.send('dropped', { fin: i === 2 })).toBe(false)
    expect(socket.send('dropped')).toBe(false)
    expect(server.stats().messagesDropped).toBe(2)
    client.socket.resume()
    const frames = await client.readFrames(count + 1)
    expect([frames[0]?.opcode, brief(frames.at(-1) as Frame)]).toEqual([OP.text, 'continuation ended'])
    await expect.poll(() => socket.send('next')).toBe(true)
    expect(await readBrief(client, 1)).toEqual(['text next'])
  })

  test('pause: drops the connection of a peer that does not read, in the middle of a message too', async () => {
    const { client, socket, closed } = await open({ highWaterMark: 100_000, maxOutbound: 8_000_000 })
    client.socket.pause()
    while (socket.readyState === 1) socket.send(Buffer.alloc(100_000), { fin: false })
    expect(await closed.next()).toMatchObject({ code: 1006, reason: expect.stringMatching(/too slowly/) })
  })
})

describe('sendStream', () => {
  test('sends each piece as soon as there is one, and resolves when all is on its way', async () => {
    const { client, socket } = await open()
    const { iterable, push } = source()
    const sent = socket.sendStream(iterable)
    push('a')
    expect(await readBrief(client, 1)).toEqual(['text a.'])
    push(Buffer.from('b'))
    expect(await readBrief(client, 1)).toEqual(['continuation b.'])
    push(undefined)
    expect(await readBrief(client, 1)).toEqual(['continuation '])
    expect(await sent).toBe(true)
  })

  test.each([
    ['a generator', () => generate('ab', 'c'), undefined, 'abc'],
    ['a Readable', () => Readable.from([Buffer.from('ab'), Buffer.from('c')]), undefined, Buffer.from('abc')],
    ['a ReadableStream', () => ReadableStream.from(['ab', 'c']), undefined, 'abc'],
    ['strings as binary', () => generate('ab', 'c'), true, Buffer.from('abc')],
    ['bytes as text', () => generate(Buffer.from([0xc3]), Buffer.from([0xa9])), false, 'é'],
    ['nothing', () => generate(), undefined, Buffer.alloc(0)],
    ['nothing as text', () => generate(), false, ''],
  ])('takes %s', async (_, pieces, binary, expected) => {
    const { url, opened } = await startServer()
    const client = await WsClient.open(url)
    const socket = await opened.next()
    expect(await socket.sendStream(pieces() as AsyncIterable<Payload>, { binary })).toBe(true)
    assert.deepStrictEqual(await client.next(), expected)
  })

  test('holds what is sent meanwhile until it has ended, in the order of the calls', async () => {
    const { client, socket, server } = await open()
    const [first, second] = [source(), source()]
    const sent = [socket.sendStream(first.iterable), socket.sendStream(second.iterable)]
    first.push('a')
    const bytes = Buffer.from('b1')
    expect(socket.send(bytes)).toBe(true)
    bytes.fill('x') // what is sent is copied
    socket.send('b2', { fin: false })
    socket.send('b3')
    socket.ping('now')
    expect((await readBrief(client, 2)).sort()).toEqual(['ping now', 'text a.'])
    const third = socket.sendStream(generate('d'))
    socket.send('e')
    expect(socket.bufferedAmount).toBe(7)
    first.push(undefined)
    expect(await sent[0]).toBe(true)
    second.push('c')
    second.push(undefined)
    expect(await Promise.all([sent[1], third])).toEqual([true, true])
    expect(await readBrief(client, 9)).toEqual([
      'continuation ',
      'text c.',
      'continuation ',
      'binary b1',
      'text b2.',
      'continuation b3',
      'text d.',
      'continuation ',
      'text e',
    ])
    expect(socket.bufferedAmount).toBe(0)
    expect(server.stats().messagesSent).toBe(6)
  })

  test('waits while the peer does not read', async () => {
    const { client, socket } = await open({ highWaterMark: 200_000 })
    client.socket.pause()
    const piece = Buffer.alloc(100_000, 'p')
    const count = 400
    let made = 0
    async function* make() {
      for (; made < count; made++) yield piece
    }
    let most = 0
    const sent = socket.sendStream(make())
    // More than the kernel holds for us: it cannot be made before the client reads.
    const waits = () => {
      const before = most
      most = socket.bufferedAmount
      return most > 0 && most === before
    }
    await expect.poll(waits).toBe(true)
    const madeUnread = made
    expect(made).toBeLessThan(count)
    expect(most).toBeLessThanOrEqual(300_000)
    client.socket.resume()
    const frames = await client.readFrames(count + 1)
    expect(frames.every(({ payload }, i) => payload.length === (i === count ? 0 : piece.length))).toBe(true)
    expect(await sent).toBe(true)
    expect(made).toBeGreaterThan(madeUnread)
  })

  test('who was told to wait behind it gets a drain', async () => {
    const { client, socket, drained } = await open({ highWaterMark: 10 })
    const { iterable, push } = source()
    const sent = socket.sendStream(iterable)
    expect(socket.send('0123456789')).toBe(true)
    expect(socket.send('x')).toBe(false)
    push(undefined)
    expect(await sent).toBe(true)
    await drained.next()
    expect(await readBrief(client, 3)).toEqual(['binary ', 'text 0123456789', 'text x'])
  })

  test('so does who was told so for the bytes of a piece that have gone when the stream ends', async () => {
    const { socket, drained } = await open({ highWaterMark: 10 })
    async function* pieces() {
      yield '01234567'
      expect(socket.send('xxx')).toBe(false)
      await new Promise(setImmediate)
      expect(socket.bufferedAmount).toBe(3)
    }
    expect(await socket.sendStream(pieces())).toBe(true)
    await drained.next()
  })

  test('what waits behind it counts for the limits', async () => {
    const { socket, server, closed } = await open({ highWaterMark: 10, outboundPolicy: 'drop' })
    void socket.sendStream(source().iterable)
    socket.send('0123456789x')
    expect(socket.send('dropped')).toBe(false)
    expect(server.stats().messagesDropped).toBe(1)
    socket.terminate()
    await closed.next()
    const other = await open({ highWaterMark: 5, maxOutbound: 10 })
    const sent = other.socket.sendStream(source().iterable)
    other.socket.send('0123456789x')
    expect(other.socket.send('y')).toBe(false)
    expect(await other.closed.next()).toMatchObject({ code: 1006, reason: expect.stringMatching(/too slowly/) })
    expect(await sent).toBe(false)
  })

  const endings: [string, (socket: Socket, client: RawClient) => void][] = [
    ['close', (socket) => socket.close(1000)],
    ['terminate', (socket) => socket.terminate()],
    ['the peer', (_, client) => client.reset()],
  ]
  test.each(endings)('resolves to false and lets go of the iterable when %s ends the connection', async (_, end) => {
    const { client, socket } = await open()
    const { iterable, push, released } = source()
    const sent = socket.sendStream(iterable)
    const behind = socket.sendStream(generate('never'))
    push('a')
    await readBrief(client, 1)
    end(socket, client)
    expect(await Promise.all([sent, behind])).toEqual([false, false])
    await released
    expect(socket.bufferedAmount).toBe(0)
  })

  test('resolves to false on a connection that is closed, and while it waits for a peer that leaves', async () => {
    const { client, socket, closed } = await open({ highWaterMark: 1 })
    client.socket.pause()
    async function* endless() {
      for (;;) yield Buffer.alloc(100_000)
    }
    const sent = socket.sendStream(endless())
    await expect.poll(() => socket.bufferedAmount).toBeGreaterThan(1)
    client.reset()
    expect(await sent).toBe(false)
    await closed.next()
    const { iterable, released } = source()
    expect(await socket.sendStream(iterable)).toBe(false)
    await released
  })

  test('server.close() ends it', async () => {
    const { client, socket, server } = await open()
    const { iterable, push } = source()
    const sent = socket.sendStream(iterable)
    push('a')
    await readBrief(client, 1)
    void server.close()
    expect(await sent).toBe(false)
    expect(brief(await client.readFrame())).toMatch(/^close /)
  })

  test('an error of the iterable closes with 1011 and is what it rejects with', async () => {
    const { client, socket } = await open()
    const { iterable, push } = source()
    const sent = socket.sendStream(iterable)
    const error = new Error('the disk is gone')
    push('a')
    push(error)
    await expect(sent).rejects.toBe(error)
    expect(await readBrief(client, 1)).toEqual(['text a.'])
    const { opcode, payload } = await client.readFrame()
    expect([opcode, payload.readUInt16BE()]).toEqual([OP.close, 1011])
  })

  test('an error before the first piece leaves the connection open', async () => {
    const { client, socket } = await open()
    const { iterable, push } = source()
    const sent = socket.sendStream(iterable)
    const error = new Error('no such file')
    push(error)
    socket.send('still open')
    await expect(sent).rejects.toBe(error)
    expect(await readBrief(client, 1)).toEqual(['text still open'])
  })

  test.each([
    ['a number', 7 as never],
    ['half a character', Buffer.from([0xc3])],
  ])('%s among the pieces closes with 1011 and rejects', async (_, wrong) => {
    const { client, socket } = await open()
    await expect(socket.sendStream(generate('a', wrong))).rejects.toThrow(TypeError)
    const frames = await client.readFrames(wrong === (7 as never) ? 2 : 3)
    expect(frames.at(-1)?.payload.readUInt16BE()).toBe(1011)
  })

  test('rejects what is no async iterable, and a message begun with fin: false', async () => {
    const { client, socket } = await open()
    for (const wrong of [undefined, 'text', ['a'], 7]) {
      await expect(socket.sendStream(wrong as never)).rejects.toThrow(/async iterable/)
    }
    socket.send('a', { fin: false })
    await expect(socket.sendStream(generate('b'))).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' })
    socket.send('c')
    expect(await readBrief(client, 2)).toEqual(['text a.', 'continuation c'])
  })
})
