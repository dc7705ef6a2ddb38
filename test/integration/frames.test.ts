// Frames on the wire, both ways: how they are cut, what their headers say, and what comes of them.

import { strict as assert } from 'node:assert'
import { describe, expect, test } from 'vitest'
import { encodeClose, encodeFrame, encodeMessage, OP } from '../support/frames.js'
import { RawClient, upgradeRequest } from '../support/raw-client.js'
import { startEcho, startServer } from '../support/test-server.js'

const sizes = [0, 1, 125, 126, 127, 65_535, 65_536, 65_537, 200_000]

describe('the three forms of the length', () => {
  test.each(sizes)('a text message of %i bytes comes and goes whole', async (size) => {
    const { port, messages } = await startEcho()
    const client = await RawClient.open(port)
    const text = 'abcdefghij'.repeat(size / 10 + 1).slice(0, size)
    client.send(text)
    const { data, isBinary } = await messages.next()
    expect(isBinary).toBe(false)
    assert.equal(data, text)
    const frame = await client.readFrame()
    expect(frame).toMatchObject({ fin: true, rsv: 0, opcode: OP.text })
    assert.equal(frame.payload.toString(), text)
  })

  test.each(sizes)('a binary message of %i bytes comes and goes whole', async (size) => {
    const { port, messages } = await startEcho()
    const client = await RawClient.open(port)
    const bytes = Buffer.from({ length: size }, (_, i) => (i * 7) & 255)
    client.send(bytes)
    const { data, isBinary } = await messages.next()
    expect(isBinary).toBe(true)
    assert.deepStrictEqual(data, Buffer.from(bytes))
    const frame = await client.readFrame()
    expect(frame).toMatchObject({ fin: true, rsv: 0, opcode: OP.binary })
    assert.deepStrictEqual(frame.payload, bytes)
  })
})

describe('chunking', () => {
  // A message of each length form, fragments with a ping in between, text with characters of two, three and four bytes.
  const stream = Buffer.concat([
    encodeMessage('hé€😀'),
    encodeFrame({ fin: false, payload: 'frag' }),
    encodeFrame({ opcode: OP.ping, payload: 'are you there' }),
    encodeFrame({ fin: true, opcode: OP.continuation, payload: 'ments' }),
    encodeMessage(Buffer.from([0, 1, 2, 255])),
    encodeMessage('x'.repeat(130)),
    encodeMessage(''),
    encodeMessage('y'.repeat(65_600)),
    encodeMessage('end'),
  ])
  const expected = ['hé€😀', 'fragments', Buffer.from([0, 1, 2, 255]), 'x'.repeat(130), '', 'y'.repeat(65_600), 'end']
  const shortStream = stream.subarray(0, stream.length - encodeMessage('y'.repeat(65_600)).length - 9)
  const shortExpected = expected.slice(0, 5)

  test('all frames in one segment', async () => {
    const { port, messages, pings } = await startServer()
    const client = await RawClient.open(port)
    client.write(stream)
    const received = await messages.take(expected.length)
    assert.deepStrictEqual(
      received.map(({ data }) => data),
      expected,
    )
    assert.deepStrictEqual(await pings.next(), Buffer.from('are you there'))
  })

  test('one byte at a time', async () => {
    const { port, messages, pings } = await startServer()
    const client = await RawClient.open(port)
    await client.writeByteByByte(shortStream)
    const received = await messages.take(shortExpected.length)
    assert.deepStrictEqual(
      received.map(({ data }) => data),
      shortExpected,
    )
    assert.deepStrictEqual(await pings.next(), Buffer.from('are you there'))
  })

  test('two pieces, cut at every byte', async () => {
    const { port, messages, pings } = await startServer()
    const client = await RawClient.open(port)
    for (let cut = 1; cut < shortStream.length; cut++) {
      client.write(shortStream.subarray(0, cut))
      await new Promise(setImmediate)
      client.write(shortStream.subarray(cut))
      const received = await messages.take(shortExpected.length)
      assert.deepStrictEqual(
        received.map(({ data }) => data),
        shortExpected,
        `cut at ${cut}`,
      )
      await pings.next()
    }
  })

  test('frames in the segment of the request head, cut at every byte behind it', async () => {
    const { port, messages } = await startServer()
    const head = upgradeRequest()
    const frames = Buffer.concat([encodeMessage('first'), encodeMessage(Buffer.from([1])), encodeMessage('third')])
    for (let cut = 0; cut <= frames.length; cut += 3) {
      const client = await RawClient.connect(port)
      client.write(Buffer.concat([Buffer.from(head), frames.subarray(0, cut)]))
      await client.readHead()
      client.write(frames.subarray(cut))
      const received = await messages.take(3)
      assert.deepStrictEqual(
        received.map(({ data }) => data),
        ['first', Buffer.from([1]), 'third'],
        `cut at ${cut}`,
      )
    }
  })
})

describe('fragments', () => {
  test('are joined, with control frames in between and empty ones among them', async () => {
    const { port, messages, pongs } = await startServer()
    const client = await RawClient.open(port)
    client.sendFrame({ fin: false, opcode: OP.binary, payload: 'a' })
    client.sendFrame({ opcode: OP.ping, payload: '1' })
    client.sendFrame({ fin: false, opcode: OP.continuation, payload: '' })
    client.sendFrame({ opcode: OP.pong, payload: 'unasked' })
    client.sendFrame({ fin: false, opcode: OP.continuation, payload: 'b'.repeat(70_000) })
    client.sendFrame({ opcode: OP.continuation, payload: '' })
    assert.deepStrictEqual((await messages.next()).data, Buffer.from(`a${'b'.repeat(70_000)}`))
    expect(await client.readFrame()).toMatchObject({ opcode: OP.pong, payload: Buffer.from('1') })
    assert.deepStrictEqual(await pongs.next(), Buffer.from('unasked'))
  })

  test('may cut a character anywhere', async () => {
    const { port, messages } = await startServer()
    const client = await RawClient.open(port)
    for (const byte of Buffer.from('é€😀')) {
      client.sendFrame({ fin: false, opcode: byte === 0xc3 ? OP.text : OP.continuation, payload: Buffer.from([byte]) })
    }
    client.sendFrame({ opcode: OP.continuation })
    expect((await messages.next()).data).toBe('é€😀')
  })

  test('a thousand of them make one message', async () => {
    const { port, messages } = await startServer()
    const client = await RawClient.open(port)
    const parts = Array.from({ length: 1000 }, (_, i) => `part ${i} `)
    client.write(
      Buffer.concat(
        parts.map((payload, i) =>
          encodeFrame({ fin: i === 999, opcode: i === 0 ? OP.text : OP.continuation, payload }),
        ),
      ),
    )
    assert.equal((await messages.next()).data, parts.join(''))
  })
})

describe('control frames', () => {
  test.each(['', 'x', 'p'.repeat(125)])(
    'a ping is answered with its payload %j, before the next message',
    async (payload) => {
      const { port, pings } = await startEcho()
      const client = await RawClient.open(port)
      client.sendFrame({ opcode: OP.ping, payload })
      expect(await client.readFrame()).toMatchObject({ fin: true, opcode: OP.pong, payload: Buffer.from(payload) })
      assert.deepStrictEqual(await pings.next(), Buffer.from(payload))
      client.send('still open')
      expect((await client.readFrame()).payload.toString()).toBe('still open')
    },
  )

  test('each of several pings is answered', async () => {
    const { port, pings } = await startServer()
    const client = await RawClient.open(port)
    client.write(Buffer.concat(['1', '2', '3'].map((payload) => encodeFrame({ opcode: OP.ping, payload }))))
    assert.deepStrictEqual(
      await pings.take(3),
      ['1', '2', '3'].map((text) => Buffer.from(text)),
    )
    const frames = await client.readFrames(3)
    expect(frames.map(({ payload }) => payload.toString())).toEqual(['1', '2', '3'])
  })

  test.each([
    [1000, 'done', 1000, 'done'],
    [1000, '', 1000, ''],
    [3000, 'ä'.repeat(61), 3000, 'ä'.repeat(61)],
    [4999, 'private', 4999, 'private'],
    [1014, '', 1014, ''],
    [undefined, '', 1005, ''],
  ])('close with %s %j is echoed and reported once', async (sent, reason, code, reported) => {
    const { port, closed, errors, opened } = await startServer()
    const client = await RawClient.open(port)
    client.write(encodeClose(sent, reason))
    const echo = await client.readFrame()
    expect(echo.opcode).toBe(OP.close)
    if (sent === undefined) expect(echo.payload.length).toBe(0)
    else expect(echo.payload.readUInt16BE()).toBe(sent)
    expect((await client.readToEnd()).length).toBe(0)
    expect(await closed.next()).toEqual({ socket: await opened.next(), code, reason: reported })
    client.end()
    expect([closed.size, errors.size]).toEqual([0, 0])
  })

  test('nothing behind the close frame is read', async () => {
    const { port, closed, messages } = await startServer()
    const client = await RawClient.open(port)
    client.write(
      Buffer.concat([encodeMessage('before'), encodeClose(1000), encodeMessage('behind'), Buffer.alloc(99, 0xff)]),
    )
    expect((await messages.next()).data).toBe('before')
    expect(await closed.next()).toMatchObject({ code: 1000 })
    await client.readToEnd()
    expect(messages.size).toBe(0)
  })

  test('what came in one segment with the close frame is answered first, by a promise too', async () => {
    const { port, closed } = await startServer({
      message: (socket, data) => void Promise.resolve().then(() => socket.send(data)),
    })
    const client = await RawClient.open(port)
    client.write(Buffer.concat([encodeMessage('last question'), encodeClose(1000)]))
    expect((await client.readFrame()).payload.toString()).toBe('last question')
    expect((await client.readFrame()).opcode).toBe(OP.close)
    expect(await closed.next()).toMatchObject({ code: 1000 })
  })

  test('a handler may end the connection whose close frame has come', async () => {
    const { port, closed } = await startServer({
      message: (socket, data) => (data === 'drop' ? socket.terminate() : socket.close(4000, 'mine')),
    })
    for (const [data, code] of [
      ['drop', 1006],
      ['close', 1000],
    ] as const) {
      const client = await RawClient.open(port)
      client.write(Buffer.concat([encodeMessage(data), encodeClose(1000)]))
      expect(await closed.next()).toMatchObject({ code })
      await client.readToEnd()
    }
    expect(closed.size).toBe(0)
  })

  test('pings and pongs of ours carry what they were given', async () => {
    const { port, opened } = await startServer()
    const client = await RawClient.open(port)
    const socket = await opened.next()
    socket.ping()
    socket.ping('text')
    socket.ping(Buffer.from([1, 2]))
    socket.pong(new Uint16Array([0x0201]))
    expect(await client.readFrames(4)).toMatchObject([
      { opcode: OP.ping, payload: Buffer.alloc(0) },
      { opcode: OP.ping, payload: Buffer.from('text') },
      { opcode: OP.ping, payload: Buffer.from([1, 2]) },
      { opcode: OP.pong, payload: Buffer.from([1, 2]) },
    ])
  })
})
