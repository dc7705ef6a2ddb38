// Large messages that come in bulk stay in the memory that they were received into: theirs from then on, however long they are
// kept, and whatever is sent of them.

import { strict as assert } from 'node:assert'
import type { Socket } from 'ntyws'
import { describe, expect, test } from 'vitest'
import * as layout from '../../lib/bridge/record-layout.js'
import { runChild } from '../support/child.js'
import { encodeMessage } from '../support/frames.js'
import { RawClient } from '../support/raw-client.js'
import { startEcho, startServer, type TestServer } from '../support/test-server.js'
import { transport } from '../support/transport.js'
import { WsClient } from '../support/ws-client.js'

const sizes = [16_384, 1_025, 9_000, 300, 25_000, 2_000]

function bytesOf(seed: number): Buffer {
  const size = sizes[seed % sizes.length] as number
  return Buffer.from({ length: size }, (_, i) => (i * 31 + (i >> 8) * 7 + seed * 13) & 255)
}

// Without a list of how they differ, which for so many bytes takes minutes.
function expectSame(data: string | Buffer, expected: Buffer): void {
  assert.ok(Buffer.isBuffer(data) && data.equals(expected))
}

function isInBlock(data: string | Buffer): boolean {
  return (data as Buffer).buffer.byteLength === layout.INBOX_PAYLOAD_BYTES
}

/** Clients whose messages come in bulk: the server reads when all of them lie in the kernel, which holds 64 KiB for each. */
class Bulk {
  private readonly ends: { client: RawClient; socket: Socket<undefined> }[] = []

  private constructor(private readonly server: TestServer<undefined>) {}

  static async open(server: TestServer<undefined>): Promise<Bulk> {
    const bulk = new Bulk(server)
    for (let i = 0; i < 8; i++) {
      const client = await RawClient.open(server.port)
      bulk.ends.push({ client, socket: await server.opened.next() })
    }
    return bulk
  }

  /** Each client sends these. Returns what the server has received. */
  async send(messages: readonly Buffer[]): Promise<Buffer[]> {
    for (const { socket } of this.ends) socket.pause()
    const frames = Buffer.concat(messages.map((data) => encodeMessage(data)))
    await Promise.all(this.ends.map(({ client }) => new Promise((resolve) => client.socket.write(frames, resolve))))
    for (const { socket } of this.ends) socket.resume()
    return (await this.server.messages.take(messages.length * this.ends.length)).map(({ data }) => data as Buffer)
  }
}

describe('messages in bulk', () => {
  test('stay as they came, through all later traffic', async () => {
    const bulk = await Bulk.open(await startServer())
    const kept: Buffer[] = []
    for (let round = 0; round < 20; round++) {
      const sent = sizes.map((_, i) => bytesOf(round * sizes.length + i))
      const received = await bulk.send(sent)
      expect(received.some(isInBlock)).toBe(true)
      for (const [i, data] of received.entries()) expectSame(data, sent[i % sent.length] as Buffer)
      kept.push(...received)
      for (const data of received) data.fill(round)
    }
    for (const [i, data] of kept.entries())
      expectSame(data, Buffer.alloc(data.length, Math.floor(i / (8 * sizes.length))))
  })

  test('of more than 1 KiB alone stay where they were received', async () => {
    const bulk = await Bulk.open(await startServer())
    const received = await bulk.send(sizes.map((_, i) => bytesOf(i)))
    const inBlock = received.filter(isInBlock)
    expect(inBlock.length).toBeGreaterThan(5)
    for (const data of inBlock) expect(data.length).toBeGreaterThan(1024)
  })

  test('that come one by one have memory of their own', async () => {
    const { url, messages } = await startServer()
    const client = await WsClient.open(url)
    for (let i = 0; i < 20; i++) {
      client.send(Buffer.alloc(16_384, i))
      const { data } = await messages.next()
      expectSame(data, Buffer.alloc(16_384, i))
      expect(isInBlock(data)).toBe(false)
    }
  })

  test('go back as they came: at once, from a microtask, a tick, a timer', async () => {
    const { url } = await startServer({
      message(socket, data) {
        socket.send(data)
        queueMicrotask(() => socket.send(data))
        process.nextTick(() => socket.send(data))
        setTimeout(() => socket.send(data), Math.random() * 20)
      },
    })
    const clients = await Promise.all(Array.from({ length: 4 }, () => WsClient.open(url)))
    for (const client of clients) for (let i = 0; i < 200; i++) client.send(bytesOf(i))
    for (const client of clients) {
      const echoes = (await client.messages.take(800)).map(({ data }) => (data as Buffer).toString('latin1'))
      const expected = Array.from({ length: 800 }, (_, i) => bytesOf(i >> 2).toString('latin1'))
      expect(echoes.sort().join() === expected.sort().join()).toBe(true)
    }
  })

  test('go to a peer that does not read for long', async () => {
    const server = await startEcho({ highWaterMark: 1 << 30, maxOutbound: 1 << 30 })
    const client = await RawClient.open(server.port)
    client.socket.pause()
    const sent = Array.from({ length: 2400 }, (_, i) => bytesOf(i))
    client.write(Buffer.concat(sent.map((data) => encodeMessage(data))))
    await server.messages.take(sent.length)
    expect((await server.opened.next()).bufferedAmount).toBeGreaterThan(1 << 20)
    client.socket.resume()
    const frames = await client.readFrames(sent.length)
    for (const [i, { payload }] of frames.entries()) expectSame(payload, bytesOf(i))
  })

  test('come behind a handler that throws', async () => {
    const { url, messages } = await startServer({
      message(_socket, data) {
        if ((data as Buffer).length === 300) throw new Error('of this size')
      },
    })
    const errors: unknown[] = []
    const listeners = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.on('uncaughtException', (error) => errors.push(error))
    try {
      const client = await WsClient.open(url)
      for (let i = 0; i < 120; i++) client.send(bytesOf(i))
      const received = await messages.take(120)
      for (let i = 0; i < 120; i++) client.send(bytesOf(i + 1))
      await messages.take(120)
      for (const [i, { data }] of received.entries()) expectSame(data, bytesOf(i))
      expect(errors.length).toBe(40)
    } finally {
      process.removeAllListeners('uncaughtException')
      for (const listener of listeners) process.on('uncaughtException', listener)
    }
  })

  test.each([
    ['large', 16_384, 3],
    ['small', 100, 50],
  ])('cannot be transferred with what lies beside them: %s ones', async (_name, size, count) => {
    const bulk = await Bulk.open(await startServer())
    const sent = Array.from({ length: count }, (_, i) => Buffer.alloc(size, i))
    const received = await bulk.send(sent)
    const shared = received.filter((data) => data.buffer.byteLength > data.length)
    expect(shared.length).toBeGreaterThan(5)
    for (const { buffer } of shared) {
      try {
        structuredClone(buffer, { transfer: [buffer as ArrayBuffer] }) // from Node 21 on it throws
      } catch (error) {
        expect((error as Error).name).toBe('DataCloneError')
      }
    }
    for (const [i, data] of received.entries()) expectSame(data, sent[i % count] as Buffer)
    const later = await bulk.send(sent)
    for (const [i, data] of later.entries()) expectSame(data, sent[i % count] as Buffer)
  })
})

// By what the process holds, in which a sanitizer's allocator keeps what was freed.
test.skipIf(transport.client !== undefined)(
  'few that are kept of very many hold no more memory than the limit says',
  async () => {
    const { stdout, stderr, code } = await runChild(
      `
    const kept = []
    let seen = 0
    const server = await serve({
      port: 0,
      host: '127.0.0.1',
      message(socket, data) {
        if (++seen % 40 === 0) kept.push(data) // of each block one at most
        socket.send(data.subarray(0, 1))
      },
    })
    const client = await dial(server)
    let echoes = 0
    client.on('message', () => echoes++)
    async function rounds(count) {
      for (let i = 0; i < count; i++) {
        for (let j = 0; j < 40; j++) client.send(Buffer.alloc(16_384, kept.length))
        const wanted = echoes + 40
        while (echoes < wanted) await new Promise(setImmediate)
      }
      gc()
      return process.memoryUsage.rss() / 2 ** 20
    }
    const before = await rounds(50)
    const after = await rounds(1000)
    const shared = kept.filter((data) => data.buffer.byteLength > data.length).length
    // Each on its own would hold 384 KiB: 375 MiB for all of them.
    log(shared > 100, after - before < 150 || [before, after], kept.every((data, i) => data.every((byte) => byte === i % 256)))
    client.terminate()
    await server.close()
  `,
      ['--expose-gc'],
    )
    expect([stdout, stderr, code]).toEqual(['true true true\n', '', 0])
  },
)
