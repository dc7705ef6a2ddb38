// Messages between the library and an independent client: types, sizes, text beyond ASCII, order, and whose memory it is.

import { strict as assert } from 'node:assert'
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { encodeMessage, OP } from '../support/frames.js'
import { RawClient } from '../support/raw-client.js'
import { startEcho, startServer } from '../support/test-server.js'
import { WsClient } from '../support/ws-client.js'

function bytesOf(size: number, seed = 1): Buffer {
  return Buffer.from({ length: size }, (_, i) => (i * 31 + (i >> 8) * 7 + seed * 13) & 255)
}

describe('what a handler gets', () => {
  test('is a string for text and a Buffer for binary, empty ones too', async () => {
    const { url, messages } = await startServer()
    const client = await WsClient.open(url)
    for (const data of ['text', '', Buffer.from([1, 2]), Buffer.alloc(0)]) {
      client.send(data)
      const received = await messages.next()
      expect(received.isBinary).toBe(typeof data !== 'string')
      assert.deepStrictEqual(received.data, data)
    }
  })

  test.each([1, 8, 100, 1024, 1025, 65_536, 65_537, 300_000])('%i bytes are a real Buffer', async (size) => {
    const { url, messages } = await startServer()
    const client = await WsClient.open(url)
    const bytes = bytesOf(size)
    client.send(bytes)
    const { data } = await messages.next()
    assert.deepStrictEqual(data, Buffer.from(bytes))
    expect(Buffer.isBuffer(data)).toBe(true)
    expect(Object.getPrototypeOf(data)).toBe(Buffer.prototype)
    expect((data as Buffer).length).toBe(size)
    expect((data as Buffer).subarray(0, 1)).toBeInstanceOf(Buffer)
  })

  test('is its own: writing into one Buffer changes no other', async () => {
    const { port, messages } = await startServer()
    const client = await RawClient.open(port)
    client.write(Buffer.concat(Array.from({ length: 100 }, (_, i) => encodeMessage(Buffer.alloc(i, i)))))
    const buffers = (await messages.take(100)).map(({ data }) => data as Buffer)
    for (const buffer of buffers) buffer.fill(255)
    client.write(Buffer.concat(Array.from({ length: 100 }, (_, i) => encodeMessage(Buffer.alloc(i, i)))))
    const later = (await messages.take(100)).map(({ data }) => data)
    for (const [i, data] of later.entries()) assert.deepStrictEqual(data, Buffer.alloc(i, i))
    for (const [i, buffer] of buffers.entries()) assert.deepStrictEqual(buffer, Buffer.alloc(i, 255))
  })

  test('stays as it is through all later traffic', async () => {
    const { url, messages } = await startServer()
    const client = await WsClient.open(url)
    const sent: (string | Buffer)[] = []
    for (let round = 0; round < 40; round++) {
      for (const size of [0, 1, 7, 30, 900, 1500, 5000, 70_000]) {
        sent.push(bytesOf(size, round), `${round}:${'ö'.repeat(size >> 1)}`, `${round} ${'a'.repeat(size)}`)
      }
    }
    for (const data of sent) client.send(data)
    const kept = (await messages.take(sent.length)).map(({ data }) => data)
    for (const data of sent.slice(0, 300)) client.send(data)
    await messages.take(300)
    for (const [i, data] of kept.entries()) assert.deepStrictEqual(data, sent[i])
  })
})

describe('sizes', () => {
  test.each([1, 1000, 65_535, 65_536, 262_143, 262_144, 262_145, 1_000_000, 5_000_000])(
    '%i bytes, binary and text, both ways',
    async (size) => {
      const { url } = await startEcho()
      const client = await WsClient.open(url)
      const bytes = bytesOf(size)
      const ascii = 'abcdefg'.repeat(size / 7 + 1).slice(0, size)
      const text = 'ä€😀'.repeat(size / 9 + 1)
      for (const data of [bytes, ascii, text]) client.send(data)
      assert.deepStrictEqual(await client.next(), bytes)
      assert.equal(await client.next(), ascii)
      assert.equal(await client.next(), text)
    },
  )

  test('several large ones of several clients at once', async () => {
    const { url } = await startEcho()
    const clients = await Promise.all(Array.from({ length: 5 }, () => WsClient.open(url)))
    for (const [seed, client] of clients.entries()) {
      for (let i = 0; i < 4; i++) client.send(bytesOf(700_000 + i, seed))
    }
    for (const [seed, client] of clients.entries()) {
      for (let i = 0; i < 4; i++) assert.deepStrictEqual(await client.next(), bytesOf(700_000 + i, seed))
    }
  })

  test('exactly maxPayload is taken', async () => {
    const { url } = await startEcho({ maxPayload: 1000 })
    const client = await WsClient.open(url)
    client.send('x'.repeat(1000))
    expect(await client.next()).toBe('x'.repeat(1000))
    client.send('x'.repeat(1001))
    expect(await client.closed).toMatchObject({ code: 1009 })
  })
})

describe('text', () => {
  const texts = [
    'ASCII',
    'Ærøskøbing',
    'Ελλάδα',
    '日本語',
    '😀👩‍👩‍👧',
    '\u0000\u007f\u0080\u07ff\u0800\uffff',
    '\ufeffBOM',
    'a'.repeat(65_536),
  ]

  test.each(texts)('%j comes and goes', async (text) => {
    const { url, messages } = await startEcho()
    const client = await WsClient.open(url)
    client.send(text)
    expect((await messages.next()).data).toBe(text)
    expect(await client.next()).toBe(text)
  })

  test('one after the other, in one turn', async () => {
    const { url, opened } = await startServer()
    const client = await WsClient.open(url)
    const socket = await opened.next()
    for (const text of texts) socket.send(text)
    for (const text of texts) expect(await client.next()).toBe(text)
  })

  test('lone surrogates are sent as U+FFFD', async () => {
    const { url, opened } = await startServer()
    const client = await WsClient.open(url)
    const socket = await opened.next()
    const texts = [
      '\ud83d',
      '\ude00',
      'a\ud83db',
      'a\ude00b',
      '\ude00\ud83d',
      'end\ud83d',
      '\ude00begin',
      'ü\ud83d\ud83d\ude00',
    ]
    for (const text of texts) socket.send(text)
    for (const text of texts) expect(await client.next()).toBe(text.toWellFormed?.() ?? wellFormed(text))
  })

  test('halves of a pair that are sent one after the other do not meet', async () => {
    const { url, opened } = await startServer()
    const client = await WsClient.open(url)
    const other = await WsClient.open(url)
    const [socket, otherSocket] = await opened.take(2)
    for (let i = 0; i < 3; i++) {
      socket?.send('x\ud83d')
      socket?.send('\ude00y')
      otherSocket?.send('\ude00')
      socket?.send('\ud83d')
      otherSocket?.send('\ude00')
    }
    for (let i = 0; i < 3; i++) {
      expect(await client.next()).toBe('x\ufffd')
      expect(await client.next()).toBe('\ufffdy')
      expect(await client.next()).toBe('\ufffd')
      expect(await other.next()).toBe('\ufffd')
      expect(await other.next()).toBe('\ufffd')
    }
  })

  test('a pair cut by the largest gathered size survives', async () => {
    const { url, opened } = await startServer()
    const client = await WsClient.open(url)
    const socket = await opened.next()
    const texts = [65_534, 65_535, 65_536, 65_537].map((length) => `${'a'.repeat(length - 1)}😀`)
    for (const text of texts) socket.send(text)
    for (const text of texts) assert.equal(await client.next(), text)
  })
})

describe('kinds of data to send', () => {
  const sample = new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7])
  test.each<[string, Uint8Array | ArrayBufferView | ArrayBufferLike, number[]]>([
    ['Buffer', Buffer.from(sample), [...sample]],
    ['Uint8Array over a part', sample.subarray(2, 4), [2, 3]],
    ['ArrayBuffer', sample.slice().buffer, [...sample]],
    ['DataView over a part', new DataView(sample.slice().buffer, 3, 2), [3, 4]],
    ['Uint16Array', new Uint16Array(sample.slice().buffer, 2, 2), [2, 3, 4, 5]],
    ['Float64Array', new Float64Array(sample.slice().buffer), [...sample]],
    ['SharedArrayBuffer', new SharedArrayBuffer(3), [0, 0, 0]],
    ['empty ArrayBuffer', new ArrayBuffer(0), []],
  ])('%s', async (_, data, bytes) => {
    const { url, opened } = await startServer()
    const client = await WsClient.open(url)
    expect((await opened.next()).send(data)).toBe(true)
    assert.deepStrictEqual(await client.next(), Buffer.from(bytes))
  })

  test('a shared or resizable buffer of any size is read when it is sent, not later', async () => {
    const { url, opened } = await startServer()
    const client = await WsClient.open(url)
    const socket = await opened.next()
    const shared = new Uint8Array(new SharedArrayBuffer(100_000)).fill(1)
    // biome-ignore lint/suspicious/noExplicitAny: the library's types do not know resizable buffers yet
    const resizable = new (ArrayBuffer as any)(100_000, { maxByteLength: 200_000 })
    new Uint8Array(resizable).fill(2)
    socket.send(shared)
    socket.send(resizable)
    shared.fill(9)
    resizable.resize(10)
    assert.deepStrictEqual(await client.next(), Buffer.alloc(100_000, 1))
    assert.deepStrictEqual(await client.next(), Buffer.alloc(100_000, 2))
  })

  test('small ones may be changed right after send', async () => {
    const { url, opened } = await startServer()
    const client = await WsClient.open(url)
    const socket = await opened.next()
    const data = Buffer.alloc(8_191, 1)
    socket.send(data)
    data.fill(2)
    socket.send(data)
    assert.deepStrictEqual(await client.next(), Buffer.alloc(8_191, 1))
    assert.deepStrictEqual(await client.next(), Buffer.alloc(8_191, 2))
  })

  test('the option binary changes what they are sent as', async () => {
    const { url, opened } = await startServer()
    const client = await WsClient.open(url)
    const socket = await opened.next()
    socket.send('bytes of text', { binary: true })
    socket.send(Buffer.from('grün'), { binary: false })
    socket.send('text', { binary: false })
    socket.send(Buffer.from([1]), {})
    const received = await client.messages.take(4)
    assert.deepStrictEqual(received, [
      { data: Buffer.from('bytes of text'), isBinary: true },
      { data: 'grün', isBinary: false },
      { data: 'text', isBinary: false },
      { data: Buffer.from([1]), isBinary: true },
    ])
  })
})

describe('order', () => {
  function mixed(count: number): (string | Buffer)[] {
    return Array.from({ length: count }, (_, i) => {
      const size = [3, 60, 900, 9_000, 70_000][i % 5] as number
      if (i % 3 === 0) return bytesOf(size, i)
      if (i % 3 === 1) return `${i} ${'a'.repeat(size)}`
      return `${i} ${'é😀'.repeat(size / 6)}`
    })
  }

  test('hundreds of mixed messages sent in one turn arrive in the order of the calls', async () => {
    const { url, opened } = await startServer()
    const client = await WsClient.open(url)
    const socket = await opened.next()
    const all = mixed(600)
    for (const data of all) socket.send(data)
    for (const data of all) assert.deepStrictEqual(await client.next(), data)
  })

  test('hundreds of mixed messages that come at once are handled in order', async () => {
    const { port, messages } = await startServer()
    const client = await RawClient.open(port)
    const all = mixed(400)
    client.write(Buffer.concat(all.map(encodeMessage)))
    const received = await messages.take(all.length)
    for (const [i, data] of all.entries()) assert.deepStrictEqual(received[i]?.data, data)
  })

  test('more records than the outbox holds, to several sockets in turns', async () => {
    const { url, opened } = await startServer()
    const clients = [await WsClient.open(url), await WsClient.open(url), await WsClient.open(url)]
    const sockets = await opened.take(3)
    const count = 6000
    for (let i = 0; i < count; i++) sockets[i % 3]?.send(`${i}`)
    for (let i = 0; i < count; i++) assert.equal(await clients[i % 3]?.next(), `${i}`)
  })

  test('more records than the inbox holds, in one segment', async () => {
    const { port, messages } = await startEcho()
    const client = await RawClient.open(port)
    const count = 10_000
    client.write(Buffer.concat(Array.from({ length: count }, (_, i) => encodeMessage(`${i}`))))
    const received = await messages.take(count)
    for (let i = 0; i < count; i++) assert.equal(received[i]?.data, `${i}`)
    for (let i = 0; i < count; i++) assert.equal((await client.readFrame()).payload.toString(), `${i}`)
  })

  test('strings, Buffers, large Buffers, pings and the close come in the order of the calls', async () => {
    const { port, opened } = await startServer()
    const client = await RawClient.open(port)
    const socket = await opened.next()
    const large = bytesOf(100_000)
    socket.send('1')
    socket.send(Buffer.from('2'))
    socket.send(large)
    socket.send('4é')
    socket.ping('5')
    socket.send('6\ud83d')
    socket.send('7')
    socket.pong('8')
    socket.close(4000, '9')
    const frames = await client.readFrames(9)
    expect(frames.map(({ opcode }) => opcode)).toEqual([
      OP.text,
      OP.binary,
      OP.binary,
      OP.text,
      OP.ping,
      OP.text,
      OP.text,
      OP.pong,
      OP.close,
    ])
    const payloads = frames.map(({ payload }) => payload)
    assert.deepStrictEqual(payloads[2], large)
    expect(payloads.filter((_, i) => i !== 2 && i !== 8).map(String)).toEqual([
      '1',
      '2',
      '4é',
      '5',
      '6\ufffd',
      '7',
      '8',
    ])
    expect(payloads[8]?.readUInt16BE()).toBe(4000)
    expect(payloads[8]?.toString('utf8', 2)).toBe('9')
  })
})

test('a random conversation comes back as it was sent', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31)
  const random = randomNumbers(seed)
  const { url } = await startEcho()
  const client = await WsClient.open(url)
  const sent: (string | Buffer)[] = []
  for (let i = 0; i < 400; i++) {
    const size = Math.floor(2 ** (random() * 17))
    if (random() < 0.4) {
      sent.push(bytesOf(size, i))
    } else {
      const alphabet = random() < 0.5 ? ['a', 'b'] : ['a', 'ä', '€', '😀']
      sent.push(Array.from({ length: size / 2 }, () => alphabet[Math.floor(random() * alphabet.length)]).join(''))
    }
  }
  for (const data of sent) client.send(data)
  for (const [i, data] of sent.entries()) {
    const received = await client.next()
    assert.equal(typeof received, typeof data, `message ${i}, seed ${seed}`)
    assert.equal(digest(received), digest(data), `message ${i}, seed ${seed}`)
  }
})

function digest(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}

// Park and Miller's.
function randomNumbers(seed: number): () => number {
  let state = (seed % 2147483646) + 1
  return () => {
    state = (state * 48271) % 2147483647
    return state / 2147483647
  }
}

function wellFormed(text: string): string {
  return Buffer.from(text).toString()
}
