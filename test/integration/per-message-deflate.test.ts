// Compressed messages between the library and ws, and as a raw client sees them on the wire: what is agreed on, what is
// compressed, and that all else about messages stays as it is.

import { strict as assert } from 'node:assert'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { ConnectOptions, PerMessageDeflateOptions, ServeOptions } from 'ntyws'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type ClientOptions, type ServerOptions, type WebSocket, WebSocketServer } from 'ws'
import { seededChoices } from '../support/choices.js'
import { type Corpus, corpora, noise, pieceOf } from '../support/corpora.js'
import { DeflateClient } from '../support/deflate-client.js'
import { encodeFrame, OP, RSV1 } from '../support/frames.js'
import { RawClient } from '../support/raw-client.js'
import { RawServer } from '../support/raw-server.js'
import { openConnection } from '../support/test-connection.js'
import { startEcho, startServer } from '../support/test-server.js'
import { transport } from '../support/transport.js'
import { WsClient } from '../support/ws-client.js'

const MiB = 2 ** 20
const [json, picture] = corpora as [Corpus, Corpus]
const jsonOf = (size: number, index = 0) => pieceOf(json, size, index).toString()
const pictureOf = (size: number, index = 0) => Buffer.from(pieceOf(picture, size, index))

// Without a list of how they differ, which for so many bytes takes minutes.
function expectSame(data: string | Buffer, expected: string | Buffer): void {
  assert.equal(typeof data, typeof expected)
  assert.ok(Buffer.from(data).equals(Buffer.from(expected)), `${data.length} bytes for ${expected.length}`)
}

async function open(options: Partial<ServeOptions> = {}, offer?: string) {
  const server = await startServer({ perMessageDeflate: true, ...options })
  const client = await DeflateClient.open(server.port, offer)
  return { ...server, client, socket: await server.opened.next() }
}

/** An echo server of ws, by the transport of this run. */
async function startWs(perMessageDeflate: ServerOptions['perMessageDeflate']): Promise<string> {
  const { cert, key } = transport.server.tls ?? {}
  const http = transport.client ? createTlsServer({ cert: cert as string, key: key as string }) : createServer()
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const server = new WebSocketServer({ server: http, perMessageDeflate, maxPayload: 1 << 28 } as ServerOptions)
  server.on('connection', (peer: WebSocket) => {
    peer.on('message', (data, isBinary) => peer.send(data, { binary: isBinary }))
  })
  onTestFinished(() => {
    for (const peer of server.clients) peer.terminate()
    http.close()
  })
  return `${transport.scheme}://localhost:${(http.address() as AddressInfo).port}`
}

const openOurs = (url: string, options: ConnectOptions) =>
  openConnection(url, { ...(transport.client && { tls: transport.client }), ...options })

const { seed, random, pick } = seededChoices('20261122', 10)
console.log(`SEED=${seed} npx vitest run test/integration/per-message-deflate.test.ts chooses these messages again`)

/** Sizes of all magnitudes, large ones seldom. */
function randomMessage(): string | Buffer {
  const size = random(2 ** random(random(8) === 0 ? 21 : 15))
  const data = pieceOf(pick(corpora), Math.min(size, 200_000), random(1000))
  const large = size > data.length && data.length > 0 ? Buffer.alloc(size, data) : data
  return random(2) === 0 ? Buffer.from(large) : large.toString()
}

const options: Record<string, boolean | PerMessageDeflateOptions> = {
  'the defaults': true,
  'all messages': { threshold: 0 },
  'no context takeover': { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true },
  'none for the server': { threshold: 100, serverNoContextTakeover: true },
  'none for the client': { threshold: 100, clientNoContextTakeover: true },
  'smallest windows': { threshold: 0, serverMaxWindowBits: 8, clientMaxWindowBits: 8 },
  'largest windows': {
    threshold: 0,
    serverMaxWindowBits: 15,
    clientMaxWindowBits: 15,
    zlibDeflateOptions: { level: 9, memLevel: 9 },
  },
  'the least of memory': { serverMaxWindowBits: 9, zlibDeflateOptions: { level: 1, memLevel: 1 } },
  'no compression': false,
}

describe('messages to ws and back, in order, on many connections at once', () => {
  type End = { send(data: string | Buffer): unknown; next(): Promise<string | Buffer> }

  async function exchange(ends: End[]): Promise<void> {
    const sent = ends.map(() => Array.from({ length: 12 }, randomMessage))
    for (let i = 0; i < 12; i++) for (const [at, end] of ends.entries()) end.send(sent[at]?.[i] as string)
    const checked = ends.map(async (end, at) => {
      for (const data of sent[at] ?? []) expectSame(await end.next(), data)
    })
    await Promise.all(checked)
  }

  test.each(Object.keys(options))('our server with %s, clients with all', async (name) => {
    const { url } = await startEcho({ perMessageDeflate: options[name] as boolean })
    const opened = Object.values(options).map(async (perMessageDeflate) => {
      const client = await WsClient.open(url, [], { perMessageDeflate } as ClientOptions)
      const isAgreed = options[name] !== false && perMessageDeflate !== false
      expect(client.socket.extensions).toBe(isAgreed ? 'permessage-deflate' : '')
      return client
    })
    await exchange(await Promise.all(opened))
  })

  test.each(Object.keys(options))('a server of ws with %s, our clients with all', async (name) => {
    const theirs = options[name] as PerMessageDeflateOptions
    const url = await startWs(theirs)
    // ws refuses whoever asks for a smaller window than its options say.
    const accepted = Object.values(options).filter((ours) => {
      const { serverMaxWindowBits = 15 } = ours as PerMessageDeflateOptions
      return ours === false || serverMaxWindowBits >= (theirs.serverMaxWindowBits ?? 8)
    })
    const opened = accepted.map(async (perMessageDeflate) => {
      const { socket, messages } = await openOurs(url, { perMessageDeflate })
      const isAgreed = options[name] !== false && perMessageDeflate !== false
      expect(/^permessage-deflate/.test(socket.responseHeaders?.['sec-websocket-extensions'] ?? '')).toBe(isAgreed)
      return { send: (data: string | Buffer) => socket.send(data), next: () => messages.next() }
    })
    await exchange(await Promise.all(opened))
  })

  test('our clients and our server', async () => {
    const { url } = await startEcho({ perMessageDeflate: true })
    const opened = Object.values(options).map(async (perMessageDeflate) => {
      const { socket, messages } = await openOurs(url.replace('127.0.0.1', 'localhost'), { perMessageDeflate })
      return { send: (data: string | Buffer) => socket.send(data), next: () => messages.next() }
    })
    await exchange(await Promise.all(opened))
  })
})

describe('on the wire', () => {
  test('messages from the threshold on are compressed: by default 1024 bytes, of UTF-8', async () => {
    const { client, socket } = await open()
    socket.send('x'.repeat(1023))
    socket.send('x'.repeat(1024))
    socket.send('ä'.repeat(512))
    socket.send('ä'.repeat(511))
    socket.send(Buffer.alloc(1023))
    socket.send(Buffer.alloc(1024))
    const messages = await client.take(6)
    expect(messages.map(({ isCompressed }) => isCompressed)).toEqual([false, true, true, false, false, true])
  })

  test.each([0, 1, 500, 100_000])('the threshold %i', async (threshold) => {
    const { client, socket } = await open({ perMessageDeflate: { threshold } })
    const sizes = [0, 100, 499, 500, 501, 99_999, 100_000]
    for (const size of sizes) socket.send(Buffer.alloc(size, 'x'))
    const messages = await client.take(sizes.length)
    for (const [i, size] of sizes.entries()) {
      expect([size, messages[i]?.isCompressed]).toEqual([size, size > 0 && size >= threshold])
    }
  })

  test('`compress` has the last word, and nothing gets longer', async () => {
    const { client, socket } = await open()
    const noisy = noise(5000)
    for (const compress of [true, false]) {
      socket.send('x'.repeat(100), { compress })
      socket.send(jsonOf(5000), { compress })
      socket.send(Buffer.from('binary '.repeat(10)), { compress, binary: false })
      socket.send(noisy, { compress })
      socket.send('', { compress })
      socket.send('x', { compress })
    }
    const messages = await client.take(12)
    const no = [false, false, false]
    expect(messages.map(({ isCompressed }) => isCompressed)).toEqual([true, true, true, ...no, ...no, ...no])
    for (const at of [0, 6]) {
      expectSame(messages[at + 1]?.data as string, jsonOf(5000))
      expect(messages[at + 2]?.data).toBe('binary '.repeat(10))
      expectSame(messages[at + 3]?.data as Buffer, noisy)
    }
  })

  test('`compress` says nothing where there is no compression', async () => {
    const { opened, port } = await startServer({ perMessageDeflate: true })
    const client = await RawClient.open(port)
    const socket = await opened.next()
    socket.send('x'.repeat(5000), { compress: true })
    expect((await client.readFrame()).rsv).toBe(0)
  })

  test('the second of two messages is shorter, but where no context is taken over', async () => {
    for (const [offer, isShorter] of [
      ['permessage-deflate', true],
      ['permessage-deflate; client_no_context_takeover', true],
      ['permessage-deflate; server_no_context_takeover', false],
    ] as const) {
      const { client, socket } = await open({}, offer)
      for (let i = 0; i < 2; i++) socket.send(jsonOf(2000))
      const [first, second] = await client.take(2)
      expect((second?.size as number) < (first?.size as number) / 2).toBe(isShorter)
    }
  })

  test('one message goes to many, each of whom has a window of its own', async () => {
    const server = await startServer({ perMessageDeflate: { threshold: 0 } })
    const offers = [
      'permessage-deflate',
      'permessage-deflate; server_no_context_takeover',
      'permessage-deflate; server_max_window_bits=9',
      'x-unheard-of',
    ]
    const clients: DeflateClient[] = []
    for (const offer of [...offers, ...offers]) clients.push(await DeflateClient.open(server.port, offer))
    const room = await server.opened.take(clients.length)
    for (let i = 0; i < 20; i++) {
      const data = i % 2 ? jsonOf(3000 * i, i) : pictureOf(1000 * i, i)
      for (const socket of room) socket.send(data)
      room[i % room.length]?.send(`only you ${i}`)
    }
    for (const [at, client] of clients.entries()) {
      const messages = await client.take(20 + (at < 20 % room.length ? 3 : 2))
      expect(messages.some(({ isCompressed }) => isCompressed)).toBe(client.answer !== '')
      const toAll = messages.map(({ data }) => data).filter((data) => !String(data).startsWith('only you'))
      expect(toAll.length).toBe(20)
      for (const [i, data] of toAll.entries()) expectSame(data, i % 2 ? jsonOf(3000 * i, i) : pictureOf(1000 * i, i))
    }
  })

  test('fragments and streams go as they are, between compressed messages', async () => {
    const { client, socket } = await open({ perMessageDeflate: { threshold: 0 } })
    async function* pieces() {
      for (let i = 0; i < 3; i++) yield jsonOf(3000, i)
    }
    const { raw } = client
    for (let i = 0; i < 3; i++) {
      socket.send(jsonOf(3000))
      expect(await client.read()).toMatchObject({ data: jsonOf(3000), isCompressed: true })
      socket.send(jsonOf(3000), { fin: false, compress: true })
      socket.ping('p')
      socket.send(jsonOf(3000), { compress: true })
      const fragments = await raw.readFrames(3)
      expect(fragments.map(({ fin, rsv, opcode }) => [fin, rsv, opcode])).toEqual([
        [false, 0, OP.text],
        [true, 0, OP.ping],
        [true, 0, OP.continuation],
      ])
      expect(fragments[2]?.payload.toString()).toBe(jsonOf(3000))
      socket.send(jsonOf(3000))
      expect(await client.read()).toMatchObject({ data: jsonOf(3000), isCompressed: true })
      const sent = socket.sendStream(pieces())
      socket.send('behind it '.repeat(10), { compress: true })
      let streamed = ''
      for (let fin = false; !fin; ) {
        const frame = await raw.readFrame()
        expect(frame.rsv).toBe(0)
        streamed += frame.payload.toString()
        fin = frame.fin
      }
      expect(await client.read()).toMatchObject({ data: 'behind it '.repeat(10), isCompressed: true })
      expect([streamed, await sent]).toEqual([[0, 1, 2].map((at) => jsonOf(3000, at)).join(''), true])
    }
    socket.close(1000, 'x'.repeat(100))
    expect(await raw.readFrame()).toMatchObject({ opcode: OP.close, rsv: 0 })
  })
})

describe('what is sent', () => {
  test.each([
    ['of picture', pictureOf(200_000)],
    ['of zeros', Buffer.alloc(4 * MiB)],
    ['of noise', noise(300_000)],
  ])('a large Buffer %s may be changed once bufferedAmount is 0', async (_, original) => {
    const { client, socket } = await open()
    for (let i = 0; i < 5; i++) {
      const data = Buffer.from(original)
      socket.send(data)
      const read = client.read()
      while (socket.bufferedAmount > 0) await new Promise(setImmediate)
      data.fill(7)
      expectSame((await read).data, original)
    }
  })

  test('waits for a peer that does not read: send is false, drain follows, all comes in order', async () => {
    const { client, socket, drained, server } = await open({ highWaterMark: 500_000 })
    client.raw.socket.pause()
    let count = 0
    let taken = true
    while (socket.bufferedAmount < 3 * MiB) {
      taken = socket.send(pictureOf(100_000, count++))
      await new Promise(setImmediate)
    }
    expect(taken).toBe(false)
    const waiting = socket.bufferedAmount
    await new Promise(setImmediate)
    expect(socket.bufferedAmount).toBe(waiting)
    client.raw.socket.resume()
    for (let i = 0; i < count; i++) expectSame((await client.read()).data, pictureOf(100_000, i))
    await drained.next()
    expect([socket.bufferedAmount, server.stats().messagesSent]).toEqual([0, count])
  })

  test('counts with the bytes that go over the wire', async () => {
    const { client, socket, server } = await open()
    const before = server.stats().bytesSent
    socket.send(Buffer.alloc(MiB))
    const { size } = await client.read()
    expect(size).toBeLessThan(20_000)
    const withHeaders = server.stats().bytesSent - before
    expect(withHeaders).toBeGreaterThan(size)
    expect(withHeaders).toBeLessThan(size + 100) // TLS has a header too
  })
})

describe('what comes', () => {
  const sizes = [0, 1, 100, 1025, 8192, 16_384, 65_537, 300_000, 3 * MiB]

  test.each(sizes)('%i bytes as a view, which can be sent', async (size) => {
    const seen: boolean[] = []
    const { client } = await open({
      binaryType: 'view',
      message(socket, data) {
        seen.push(Buffer.isBuffer(data) && data.equals(Buffer.alloc(size, `view ${seen.length}`)))
        socket.send(data)
        if (size > 0) socket.send((data as Buffer).subarray(1))
      },
    })
    for (let i = 0; i < 3; i++) client.send(Buffer.alloc(size, `view ${i}`))
    for (let i = 0; i < 3; i++) {
      expectSame((await client.read()).data, Buffer.alloc(size, `view ${i}`))
      if (size > 0) expectSame((await client.read()).data, Buffer.alloc(size, `view ${i}`).subarray(1))
    }
    expect(seen).toEqual([true, true, true])
  })

  test('stays as it came through all later traffic, and is its own', async () => {
    const server = await startServer({ perMessageDeflate: true })
    const clients = await Promise.all(Array.from({ length: 4 }, () => DeflateClient.open(server.port)))
    const kept: Buffer[] = []
    const rounds = 8
    for (let round = 0; round < rounds; round++) {
      for (const client of clients) {
        client.raw.write(
          Buffer.concat(sizes.slice(0, -1).map((size) => client.encode(Buffer.alloc(size, `r${round}`)))),
        )
      }
      const received = await server.messages.take(clients.length * (sizes.length - 1))
      for (const { data } of received) {
        expectSame(data, Buffer.alloc(data.length, `r${round}`))
        kept.push((data as Buffer).fill(round))
      }
    }
    const perRound = kept.length / rounds
    for (const [i, data] of kept.entries()) expectSame(data, Buffer.alloc(data.length, Math.floor(i / perRound)))
  })

  test.each([
    ['short', ['ASCII', 'grün', '日本語 😀', '']],
    ['long', [jsonOf(3000), 'ü'.repeat(40_000), 'x'.repeat(200_000)]],
  ])('%s text that is sent on, to some who compress and some who do not', async (_, texts) => {
    const { port, opened } = await startServer({
      perMessageDeflate: { threshold: 0 },
      message(_socket, data) {
        for (const socket of room) socket.send(data)
        for (const socket of room) socket.send(`${data}!`)
      },
    })
    const offers = ['permessage-deflate', 'x-unheard-of', 'permessage-deflate; server_no_context_takeover']
    const clients: DeflateClient[] = []
    for (const offer of offers) clients.push(await DeflateClient.open(port, offer))
    const room = await opened.take(3)
    const expected = texts.flatMap((text) => [text, `${text}!`])
    for (const text of texts) clients[0]?.send(text)
    for (const client of clients) {
      expect((await client.take(expected.length)).map(({ data }) => data)).toEqual(expected)
    }
  })

  test('waits while the connection is paused', async () => {
    const { client, socket, messages } = await open()
    socket.pause()
    for (let i = 0; i < 20; i++) client.send(jsonOf(5000, i))
    const other = await DeflateClient.open((await startEcho({ perMessageDeflate: true })).port)
    other.send('another connection')
    expect((await other.read()).data).toBe('another connection')
    expect(messages.size).toBe(0)
    socket.resume()
    for (let i = 0; i < 20; i++) expectSame((await messages.next()).data, jsonOf(5000, i))
  })

  test('pauses in the middle of what came at once', async () => {
    let paused = 0
    const { client, messages } = await open({
      message(socket) {
        socket.pause()
        paused++
        setImmediate(() => socket.resume())
      },
    })
    client.raw.write(Buffer.concat(Array.from({ length: 50 }, (_, i) => client.encode(jsonOf(50_000, i)))))
    for (let i = 0; i < 50; i++) expectSame((await messages.next()).data, jsonOf(50_000, i))
    expect(paused).toBe(50)
  })

  test('up to maxPayload, decompressed: more fails with 1009', async () => {
    const { client, messages, errors, closed } = await open({ maxPayload: 100_000 })
    client.send(Buffer.alloc(100_000))
    expectSame((await messages.next()).data, Buffer.alloc(100_000))
    client.send(Buffer.alloc(100_001))
    client.send('unheard')
    const { opcode, payload } = await client.raw.readFrame()
    expect([opcode, payload.readUInt16BE()]).toEqual([OP.close, 1009])
    const error = await errors.next()
    expect(error.code).toBe('WS_ERR_UNSUPPORTED_MESSAGE_LENGTH')
    expect(await closed.next()).toMatchObject({ code: 1009, reason: error.message })
    expect(messages.size).toBe(0)
  })

  test.each([
    ['data that are none', 1007, 'WS_ERR_INVALID_COMPRESSED_DATA', { rsv: RSV1, payload: 'x'.repeat(50) }],
    ['RSV1 on a ping', 1002, 'WS_ERR_UNEXPECTED_RSV_1', { rsv: RSV1, opcode: OP.ping }],
    ['RSV2 beside RSV1', 1002, 'WS_ERR_UNEXPECTED_RSV_2_3', { rsv: RSV1 | 2 }],
  ])('%s: %i, with a code of its own', async (_, code, errorCode, frame) => {
    const { client, errors, closed } = await open()
    client.raw.sendFrame(frame)
    const { opcode, payload } = await client.raw.readFrame()
    expect([opcode, payload.readUInt16BE()]).toEqual([OP.close, code])
    const error = await errors.next()
    expect(error.code).toBe(errorCode)
    expect(await closed.next()).toMatchObject({ code, reason: error.message })
  })

  test('faults of a server end our connection with the same codes', async () => {
    const server = await RawServer.start()
    const opening = openConnection(server.url, { perMessageDeflate: true })
    const peer = await server.accept()
    await peer.acceptUpgrade('Sec-WebSocket-Extensions: permessage-deflate\r\n')
    const { errors, closed } = await opening
    peer.write(encodeFrame({ rsv: RSV1, payload: 'x'.repeat(50), masked: false }))
    expect((await errors.next()).code).toBe('WS_ERR_INVALID_COMPRESSED_DATA')
    expect((await peer.readFrame()).payload.readUInt16BE()).toBe(1007)
    peer.end()
    expect(await closed.next()).toMatchObject({ code: 1007, reason: 'The message cannot be decompressed' })
  })
})
