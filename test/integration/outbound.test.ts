// What waits to be sent: order, bufferedAmount, the high-water mark and drain, peers that do not read.

import { strict as assert } from 'node:assert'
import type { Socket } from 'ntyws'
import { describe, expect, test } from 'vitest'
import { OUTBOX_RECORDS_MAX } from '../../lib/bridge/record-layout.js'
import { runChild } from '../support/child.js'
import { encodeMessage, OP } from '../support/frames.js'
import { RawClient } from '../support/raw-client.js'
import { startEcho, startServer } from '../support/test-server.js'
import { WsClient } from '../support/ws-client.js'

const MB = 1024 * 1024

/** Sends until the kernel takes no more, so that at least `bytes` wait. */
async function fill(socket: Socket<unknown>, bytes = MB): Promise<number> {
  let count = 0
  while (socket.bufferedAmount < bytes) {
    socket.send(Buffer.alloc(MB, count++))
    await new Promise(setImmediate)
  }
  return count
}

describe('bufferedAmount', () => {
  test('counts what was sent in this turn and is 0 once the kernel has it', async () => {
    const { url, opened } = await startServer()
    const client = await WsClient.open(url)
    const socket = await opened.next()
    expect(socket.bufferedAmount).toBe(0)
    socket.send(Buffer.alloc(1000))
    socket.send('x'.repeat(500))
    expect(socket.bufferedAmount).toBe(1500)
    await client.messages.take(2)
    expect(socket.bufferedAmount).toBe(0)
  })

  test('counts a large string whose send finds the outbox full', async () => {
    const { url, opened } = await startServer({ highWaterMark: 100_000 })
    await WsClient.open(url)
    const socket = await opened.next()
    for (let i = 0; i < OUTBOX_RECORDS_MAX; i++) socket.send('x')
    expect(socket.send('ü'.repeat(70_000))).toBe(false)
    expect(socket.bufferedAmount).toBeGreaterThanOrEqual(140_000)
  })

  test('stays above 0 while the peer does not read, and falls to 0 when it does', async () => {
    const { port, opened, drained } = await startServer()
    const client = await RawClient.open(port)
    const socket = await opened.next()
    client.socket.pause()
    const count = await fill(socket, 2 * MB)
    const waiting = socket.bufferedAmount
    expect(waiting).toBeGreaterThanOrEqual(2 * MB)
    await new Promise(setImmediate)
    expect(socket.bufferedAmount).toBe(waiting)
    client.socket.resume()
    for (let i = 0; i < count; i++) assert.deepStrictEqual((await client.readFrame()).payload, Buffer.alloc(MB, i))
    await drained.next()
    expect(socket.bufferedAmount).toBe(0)
  })

  test('is 0 for a closed socket, and not that of the next connection on the same descriptor', async () => {
    const { port, opened, closed } = await startServer()
    const first = await RawClient.open(port)
    const socket = await opened.next()
    first.socket.pause()
    await fill(socket)
    first.reset()
    await closed.next()
    expect(socket.bufferedAmount).toBe(0)
    const second = await RawClient.open(port)
    const other = await opened.next()
    expect(other.bufferedAmount).toBe(0)
    second.socket.pause()
    await fill(other)
    expect(socket.bufferedAmount).toBe(0)
  })
})

describe('the high-water mark', () => {
  test('send is false above it, true at it', async () => {
    const { url, opened } = await startServer({ highWaterMark: 1000 })
    await WsClient.open(url)
    const socket = await opened.next()
    expect(socket.send(Buffer.alloc(600))).toBe(true)
    expect(socket.send(Buffer.alloc(400))).toBe(true)
    expect(socket.send(Buffer.alloc(1))).toBe(false)
    expect(socket.ping()).toBe(false)
  })

  test('drain follows each false, once, also when the kernel takes all at once', async () => {
    const { url, opened, drained } = await startServer({ highWaterMark: 1000 })
    const client = await WsClient.open(url)
    const socket = await opened.next()
    for (let i = 0; i < 3; i++) {
      expect(socket.send('x'.repeat(2000))).toBe(false)
      expect(socket.send('y')).toBe(false)
      expect(await drained.next()).toBe(socket)
      expect(socket.bufferedAmount).toBe(0)
    }
    await client.messages.take(6)
    expect(drained.size).toBe(0)
  })

  test('no drain without a false', async () => {
    const { url, opened, drained } = await startServer({ highWaterMark: 1000 })
    const client = await WsClient.open(url)
    const socket = await opened.next()
    for (let i = 0; i < 50; i++) {
      expect(socket.send('x'.repeat(100))).toBe(true)
      await client.messages.next()
    }
    expect(drained.size).toBe(0)
  })

  test('with 0, every send says false and drain follows', async () => {
    const { url, opened, drained } = await startServer({ highWaterMark: 0 })
    await WsClient.open(url)
    const socket = await opened.next()
    expect(socket.send('x')).toBe(false)
    await drained.next()
  })

  test('drain comes when all has gone, not after the first part of it', async () => {
    const amounts: number[] = []
    const { port, opened, drained } = await startServer({
      highWaterMark: 100_000,
      drain: (socket) => amounts.push(socket.bufferedAmount),
    })
    const client = await RawClient.open(port)
    const socket = await opened.next()
    client.socket.pause()
    // More pieces than one system call takes, the first of which the kernel has room for.
    const small = Array.from({ length: 40 }, (_, i) => Buffer.alloc(9000, i))
    const large = Buffer.alloc(16 * MB, 1)
    for (const data of small) socket.send(data)
    expect(socket.send(large)).toBe(false)
    await new Promise(setImmediate)
    await new Promise(setImmediate)
    expect(socket.bufferedAmount).toBeGreaterThan(0)
    expect(amounts).toEqual([])
    client.socket.resume()
    const frames = await client.readFrames(41)
    for (const [i, data] of [...small, large].entries()) assert.deepStrictEqual(frames[i]?.payload, data)
    await drained.next()
    expect(amounts).toEqual([0])
  })

  test('a stream that waits for drain each time goes through whole', async () => {
    const total = 300
    let sent = 0
    const pump = (socket: Socket) => {
      while (sent < total) if (!socket.send(Buffer.alloc(30_000, sent++))) return
    }
    const { url } = await startServer({ open: pump, drain: pump })
    const client = await WsClient.open(url)
    for (let i = 0; i < total; i++) assert.deepStrictEqual(await client.next(), Buffer.alloc(30_000, i))
  })
})

describe('a peer that does not read', () => {
  test('is not read from until it does, and others are served meanwhile', async () => {
    const { port, opened, messages, drained } = await startServer()
    const stuck = await RawClient.open(port)
    const socket = await opened.next()
    stuck.socket.pause()
    const count = await fill(socket, 4 * MB)
    stuck.send('unheard')

    const good = await RawClient.open(port)
    const goodSocket = await opened.next()
    for (let i = 0; i < 20; i++) {
      good.send(`${i}`)
      expect((await messages.next()).data).toBe(`${i}`)
      goodSocket.send(`${i}`)
      expect((await good.readFrame()).payload.toString()).toBe(`${i}`)
    }
    expect(messages.size).toBe(0)

    stuck.socket.resume()
    await stuck.readFrames(count)
    expect(await drained.next()).toBe(socket)
    expect((await messages.next()).data).toBe('unheard')
  })

  test('cannot make an echo server hold much more than the high-water mark', async () => {
    const highest: number[] = [0]
    const { port } = await startServer({
      highWaterMark: 100_000,
      message: (socket, data) => {
        socket.send(data)
        highest[0] = Math.max(highest[0] as number, socket.bufferedAmount)
      },
    })
    const client = await RawClient.open(port)
    client.socket.pause()
    const message = encodeMessage(Buffer.alloc(10_000))
    let written = 0
    // Until the kernel's buffers are full both ways: nobody reads any more.
    for (let quiet = 0; quiet < 50; ) {
      quiet = client.socket.writableNeedDrain ? quiet + 1 : 0
      if (quiet === 0) {
        client.write(message)
        written++
      }
      await new Promise((resolve) => setTimeout(resolve, quiet > 0 ? 2 : 0))
    }
    // What one receive brought, and its answers.
    expect(highest[0]).toBeLessThan(100_000 + 2 * 262_144)
    client.socket.resume()
    for (let i = 0; i < written; i++) expect((await client.readFrame()).payload.length).toBe(10_000)
  })

  test('can be terminated, and what waited is let go', async () => {
    const { port, opened, closed, server } = await startServer()
    const client = await RawClient.open(port)
    const socket = await opened.next()
    client.socket.pause()
    await fill(socket, 8 * MB)
    socket.terminate()
    expect(await closed.next()).toMatchObject({ code: 1006 })
    expect([socket.bufferedAmount, server.connections]).toEqual([0, 0])
  })

  test('is told of the close behind everything else', async () => {
    const { port, opened, closed } = await startServer({ closeTimeout: 10_000 })
    const client = await RawClient.open(port)
    const socket = await opened.next()
    client.socket.pause()
    const count = await fill(socket)
    socket.close(1000, 'the end')
    expect(socket.send('too late')).toBe(false)
    client.socket.resume()
    const frames = await client.readFrames(count + 1)
    expect(frames.at(-1)).toMatchObject({ opcode: OP.close })
    client.sendFrame({ opcode: OP.close, payload: frames.at(-1)?.payload as Buffer })
    expect(await closed.next()).toMatchObject({ code: 1000 })
  })

  test('that never answers the close is dropped after closeTimeout', async () => {
    const { port, opened, closed } = await startServer({ closeTimeout: 60 })
    const client = await RawClient.open(port)
    const socket = await opened.next()
    client.socket.pause()
    await fill(socket)
    socket.close(1000)
    expect(await closed.next()).toMatchObject({ code: 1006, reason: expect.stringMatching(/closing handshake/) })
  })
})

describe('pause and resume', () => {
  test('a paused socket is not read; what comes meanwhile is delivered after resume', async () => {
    const { port, opened, messages } = await startServer({ closeTimeout: 50, open: (socket) => socket.pause() })
    const client = await RawClient.open(port)
    const socket = await opened.next()
    client.send('early')
    const other = await RawClient.open(port)
    other.send('paused too')
    const third = await opened.next()
    await new Promise(setImmediate)
    expect(messages.size).toBe(0)
    socket.resume()
    expect((await messages.next()).data).toBe('early')
    third.resume()
    expect((await messages.next()).data).toBe('paused too')
  })

  test('a paused socket can still send', async () => {
    const { port, opened } = await startServer({ closeTimeout: 50, open: (socket) => socket.pause() })
    const client = await RawClient.open(port)
    const socket = await opened.next()
    socket.send('hello')
    expect((await client.readFrame()).payload.toString()).toBe('hello')
  })

  test('pausing in a message handler stops the flow', async () => {
    let count = 0
    const { port, opened, messages } = await startServer({
      message: (socket) => {
        if (++count === 1) socket.pause()
      },
    })
    const client = await RawClient.open(port)
    client.send('1')
    await messages.next()
    const socket = await opened.next()
    client.send('2')
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(count).toBe(1)
    socket.resume()
    expect((await messages.next()).data).toBe('2')
  })

  test('the end of a peer is seen after resume', async () => {
    const { port, opened, closed } = await startServer({ closeTimeout: 50, open: (socket) => socket.pause() })
    const client = await RawClient.open(port)
    const socket = await opened.next()
    client.reset()
    await new Promise(setImmediate)
    socket.resume()
    expect(await closed.next()).toMatchObject({ code: 1006 })
  })
})

describe('large Buffers', () => {
  test('are held until they have gone, and let go then', async () => {
    const { stdout, stderr } = await runChild(
      `
      const collected = new Set()
      const registry = new FinalizationRegistry((i) => collected.add(i))
      let socket
      const server = await serve({ port: 0, host: '127.0.0.1', open: (s) => { socket = s } })
      const client = connect({ port: server.ports[0], host: '127.0.0.1' })
      client.write('GET / HTTP/1.1\\r\\nHost: a\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\nSec-WebSocket-Version: 13\\r\\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\\r\\n\\r\\n')
      await once(client, 'data')
      client.pause()
      const count = 24
      for (let i = 0; i < count; i++) {
        ;(() => {
          const data = Buffer.from(new ArrayBuffer(1 << 20)).fill(i + 1)
          registry.register(data.buffer, i)
          socket.send(data)
        })()
        await new Promise(setImmediate)
      }
      const waiting = Math.floor(socket.bufferedAmount / (1 << 20))
      for (let i = 0; i < 10; i++) { gc(); await new Promise((resolve) => setTimeout(resolve, 5)) }
      log('held', waiting > 5 && collected.size <= count - waiting)
      let received = 0, wrong = 0, frame = 0, at = 0
      client.on('data', (chunk) => {
        for (const byte of chunk) {
          // a header of ten bytes, then the payload
          if (at >= 10 && byte !== frame + 1) wrong++
          if (++at === (1 << 20) + 10) { at = 0; frame++ }
        }
        if (frame === count) client.emit('all')
      })
      client.resume()
      await once(client, 'all')
      log('wrong', wrong)
      for (let i = 0; i < 50 && collected.size < count; i++) { gc(); await new Promise((resolve) => setTimeout(resolve, 5)) }
      log('collected', collected.size >= count - 1)
      client.destroy()
      await server.close()
    `,
      ['--expose-gc'],
    )
    expect(stderr).toBe('')
    expect(stdout).toBe('held true\nwrong 0\ncollected true\n')
  })
})

test('echo under pressure: everything sent comes back though the client reads late', async () => {
  const { port } = await startEcho({ highWaterMark: 65_536 })
  const client = await RawClient.open(port)
  client.socket.pause()
  const count = 300
  for (let i = 0; i < count; i++) client.send(Buffer.alloc(40_000, i))
  await new Promise((resolve) => setTimeout(resolve, 30))
  client.socket.resume()
  for (let i = 0; i < count; i++) assert.deepStrictEqual((await client.readFrame()).payload, Buffer.alloc(40_000, i))
})
