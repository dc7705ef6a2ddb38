// Nothing a user does to a closed socket throws or reaches anybody; what is wrong in itself throws at any time.

import { type ReadyState, type Socket, ReadyState as states } from 'ntyws'
import { describe, expect, test } from 'vitest'
import { encodeClose, encodeFrame, encodeMessage, OP } from '../support/frames.js'
import { RawClient } from '../support/raw-client.js'
import { startServer } from '../support/test-server.js'
import { WsClient } from '../support/ws-client.js'

function useIt(socket: Socket<unknown>): void {
  expect(socket.send('text')).toBe(false)
  expect(socket.send('')).toBe(false)
  expect(socket.send('\ud83d')).toBe(false)
  expect(socket.send(Buffer.alloc(10))).toBe(false)
  expect(socket.send(Buffer.alloc(200_000))).toBe(false)
  expect(socket.send('text', { binary: true })).toBe(false)
  expect(socket.send(Buffer.from('text'), { binary: false })).toBe(false)
  expect(socket.ping()).toBe(false)
  expect(socket.ping('x')).toBe(false)
  expect(socket.pong()).toBe(false)
  expect(socket.close()).toBeUndefined()
  expect(socket.close(1000, 'again')).toBeUndefined()
  expect(socket.pause()).toBeUndefined()
  expect(socket.resume()).toBeUndefined()
}

const endings: [string, (client: RawClient, socket: Socket<unknown>) => void][] = [
  ['by the peer', (client) => client.write(encodeClose(1000))],
  ['by a reset', (client) => client.reset()],
  ['by the end of the peer', (client) => client.end()],
  ['by a protocol error', (client) => client.write(Buffer.from([0xff, 0xff]))],
  ['by terminate', (_, socket) => socket.terminate()],
]

test.each(endings)('a socket closed %s', async (_, end) => {
  const { port, opened, closed } = await startServer({ close: (socket) => useIt(socket) })
  const client = await RawClient.open(port)
  const socket = await opened.next()
  const before = [socket.remotePort, socket.localPort, socket.remoteAddress]
  end(client, socket)
  await closed.next()
  useIt(socket)
  expect(socket.terminate()).toBeUndefined()
  expect(socket.readyState).toBe(states.CLOSED)
  expect(socket.bufferedAmount).toBe(0)
  expect([socket.remotePort, socket.localPort, socket.remoteAddress]).toEqual(before)
  await new Promise(setImmediate)
  useIt(socket)
  expect(closed.size).toBe(0)
})

test('what is done to a closed socket does not reach the next one on its descriptor', async () => {
  const { port, opened, closed, messages } = await startServer()
  const old: Socket<unknown>[] = []
  for (let i = 0; i < 20; i++) {
    const client = await RawClient.open(port)
    const socket = await opened.next()
    for (const before of old) {
      useIt(before)
      before.terminate()
    }
    client.send(`${i}`)
    expect((await messages.next()).socket).toBe(socket)
    socket.send(`mine ${i}`)
    expect((await client.readFrame()).payload.toString()).toBe(`mine ${i}`)
    old.push(socket)
    socket.terminate()
    await closed.next()
  }
})

test('what is sent before it is known that the peer has gone reaches nobody else', async () => {
  const { port, opened, closed } = await startServer()
  const first = await RawClient.open(port)
  const socket = await opened.next()
  first.reset()
  const second = await RawClient.connect(port)
  for (let i = 0; i < 100; i++) socket.send('for the first')
  expect((await closed.next()).socket).toBe(socket)
  socket.send('for the first')
  second.end()
  expect((await second.readToEnd()).toString()).toBe('')
})

describe('the closing handshake from our side', () => {
  test('readyState goes OPEN, CLOSING, CLOSED', async () => {
    const seen: ReadyState[] = []
    const { port, opened, closed } = await startServer({ close: (socket) => seen.push(socket.readyState) })
    const client = await RawClient.open(port)
    const socket = await opened.next()
    seen.push(socket.readyState)
    socket.close(4321, 'why')
    seen.push(socket.readyState)
    useIt(socket)
    const frame = await client.readFrame()
    expect(frame.payload.readUInt16BE()).toBe(4321)
    expect(frame.payload.toString('utf8', 2)).toBe('why')
    client.write(encodeClose(4321, 'reply'))
    expect(await closed.next()).toMatchObject({ code: 4321, reason: 'reply' })
    expect(seen).toEqual([states.OPEN, states.CLOSING, states.CLOSED])
    expect((await client.readToEnd()).length).toBe(0)
  })

  test.each([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999])(
    'code %i may be sent',
    async (code) => {
      const { url, opened } = await startServer()
      const client = await WsClient.open(url)
      ;(await opened.next()).close(code, 'ä'.repeat(61))
      expect(await client.closed).toEqual({ code, reason: 'ä'.repeat(61) })
    },
  )

  test('without a code the frame is empty', async () => {
    const { url, opened, closed } = await startServer()
    const client = await WsClient.open(url)
    ;(await opened.next()).close()
    expect(await client.closed).toEqual({ code: 1005, reason: '' })
    expect(await closed.next()).toMatchObject({ code: 1005 })
  })

  test('messages that come before the answer are delivered still', async () => {
    const { port, opened, messages, closed } = await startServer()
    const client = await RawClient.open(port)
    ;(await opened.next()).close(1000)
    client.send('was on its way')
    client.sendFrame({ opcode: OP.ping, payload: 'no pong behind a close' })
    expect((await messages.next()).data).toBe('was on its way')
    client.write(encodeClose(1000))
    await closed.next()
    expect((await client.readFrame()).opcode).toBe(OP.close)
    expect((await client.readToEnd()).length).toBe(0)
  })

  test('both sides at once', async () => {
    const { port, opened, closed } = await startServer()
    const client = await RawClient.open(port)
    const socket = await opened.next()
    client.write(encodeClose(4001))
    socket.close(4002)
    expect(await closed.next()).toMatchObject({ code: 4001 })
    const frames = [await client.readFrame()]
    expect(frames[0]?.payload.readUInt16BE()).toBe(4002)
    expect((await client.readToEnd()).length).toBe(0)
    expect(closed.size).toBe(0)
  })

  test('terminate ends it at once', async () => {
    const { port, opened, closed } = await startServer()
    const client = await RawClient.open(port)
    const socket = await opened.next()
    socket.send('not told any more?')
    socket.terminate()
    expect(await closed.next()).toMatchObject({ code: 1006, reason: 'terminated' })
    const rest = await client.readToEnd()
    expect(rest.includes(Buffer.from([0x88]))).toBe(false)
  })

  test('closing in open is the first and last word', async () => {
    const { port, closed, messages } = await startServer({ open: (socket) => socket.close(1013, 'full') })
    const client = await RawClient.open(port)
    expect((await client.readFrame()).payload.toString('utf8', 2)).toBe('full')
    client.write(encodeClose(1013))
    expect(await closed.next()).toMatchObject({ code: 1013 })
    expect(messages.size).toBe(0)
  })

  test('terminating in open', async () => {
    const { port, closed, server } = await startServer({ open: (socket) => socket.terminate() })
    const client = await RawClient.connect(port)
    client.write('GET / HTTP/1.1\r\nHost: a\r\n')
    client.write('Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n')
    client.write('Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n')
    expect(await closed.next()).toMatchObject({ code: 1006 })
    await client.readToEnd()
    expect(server.connections).toBe(0)
  })
})

describe('wrong arguments throw, whether the socket is open or not', () => {
  async function eachState(check: (socket: Socket<unknown>) => void): Promise<void> {
    const { port, opened, closed } = await startServer()
    await RawClient.open(port)
    const socket = await opened.next()
    check(socket)
    socket.send('still open')
    expect(socket.readyState).toBe(states.OPEN)
    socket.terminate()
    check(socket)
    await closed.next()
    check(socket)
  }

  test.each([
    undefined,
    null,
    7,
    7n,
    true,
    {},
    [],
    [1],
    Symbol('s'),
    () => 1,
    new Date(0),
    Promise.resolve('x'),
    new Blob([]),
  ])('send(%s)', async (value) => {
    await eachState((socket) => {
      expect(() => socket.send(value as never)).toThrow(
        expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' }),
      )
    })
  })

  test('text that is no UTF-8', async () => {
    await eachState((socket) => {
      expect(() => socket.send(Buffer.from([0xff]), { binary: false })).toThrow(
        expect.objectContaining({ name: 'TypeError' }),
      )
    })
  })

  test.each(['ping', 'pong'] as const)('%s', async (name) => {
    await eachState((socket) => {
      expect(() => socket[name](Buffer.alloc(126))).toThrow(
        expect.objectContaining({ name: 'RangeError', code: 'ERR_OUT_OF_RANGE' }),
      )
      expect(() => socket[name]('ä'.repeat(63))).toThrow(RangeError)
      expect(() => socket[name](5 as never)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }))
    })
  })

  test.each([0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_536 + 1000, -1, 1000.5, Number.NaN, '1000', null])(
    'close(%s)',
    async (code) => {
      await eachState((socket) => {
        expect(() => socket.close(code as number)).toThrow(
          expect.objectContaining({ name: 'RangeError', code: 'ERR_OUT_OF_RANGE' }),
        )
      })
    },
  )

  test('close reasons', async () => {
    await eachState((socket) => {
      expect(() => socket.close(1000, 'x'.repeat(124))).toThrow(
        expect.objectContaining({ name: 'RangeError', code: 'ERR_OUT_OF_RANGE' }),
      )
      expect(() => socket.close(1000, 'ä'.repeat(62))).toThrow(RangeError)
      expect(() => socket.close(undefined, 'why')).toThrow(TypeError)
      expect(() => socket.close(1000, 7 as never)).toThrow(
        expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' }),
      )
      expect(() => socket.close(1000, [65, 66] as never)).toThrow(
        expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' }),
      )
    })
  })
})

test('terminate lets no message of the same turn through', async () => {
  const seen: unknown[] = []
  const { port, closed } = await startServer({
    message(socket, data) {
      seen.push(data)
      if (data === 'last') socket.terminate()
    },
    ping: () => seen.push('ping'),
  })
  const client = await RawClient.open(port)
  const ping = encodeFrame({ opcode: OP.ping, payload: Buffer.from('x') })
  client.write(Buffer.concat([encodeMessage('first'), encodeMessage('last'), encodeMessage('more'), ping]))
  expect((await closed.next()).code).toBe(1006)
  expect(seen).toEqual(['first', 'last'])
})

test('a paused socket still closes as its peer answers', async () => {
  const { port, opened, closed } = await startServer()
  const client = await RawClient.open(port)
  const socket = await opened.next()
  socket.pause()
  socket.close(4000)
  expect((await client.readFrame()).opcode).toBe(OP.close)
  client.write(encodeClose(4000))
  expect((await closed.next()).code).toBe(4000)
})
