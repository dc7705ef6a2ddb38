// Messages that are lent to the handler: what it sees, what it may send of them, and that they end with its return.

import { strict as assert } from 'node:assert'
import { describe, expect, test } from 'vitest'
import { encodeMessage } from '../support/frames.js'
import { Queue } from '../support/queue.js'
import { RawClient } from '../support/raw-client.js'
import { startServer } from '../support/test-server.js'
import { WsClient } from '../support/ws-client.js'

const MB = 1024 * 1024
const sizes = [0, 1, 100, 1025, 8192, 16_384, 65_536, 65_537, 300_000, 3 * MB]

function bytesOf(size: number, seed: number): Buffer {
  return Buffer.from({ length: size }, (_, i) => (i * 31 + (i >> 8) * 7 + seed * 13) & 255)
}

describe('a view', () => {
  test.each(sizes)('of %i bytes is a Buffer with the message, and can be sent', async (size) => {
    const seen: boolean[] = []
    const { url } = await startServer({
      binaryType: 'view',
      message(socket, data) {
        seen.push(Buffer.isBuffer(data) && data.equals(bytesOf(size, seen.length)))
        socket.send(data)
      },
    })
    const client = await WsClient.open(url)
    for (let i = 0; i < 3; i++) client.send(bytesOf(size, i))
    for (let i = 0; i < 3; i++) assert.deepStrictEqual(await client.next(), bytesOf(size, i))
    expect(seen).toEqual([true, true, true])
  })

  test('of text is a string like any other', async () => {
    const { url, messages } = await startServer({ binaryType: 'view' })
    const client = await WsClient.open(url)
    client.send('grün')
    expect((await messages.next()).data).toBe('grün')
  })

  test('may be sent to a peer that does not read: what waits is what was received', async () => {
    const { port, opened } = await startServer({
      binaryType: 'view',
      highWaterMark: 64 * MB,
      message(socket, data) {
        socket.send(data)
        socket.send((data as Buffer).subarray(1))
      },
    })
    const client = await RawClient.open(port)
    client.socket.pause()
    const socket = await opened.next()
    let sent = 0
    for (; socket.bufferedAmount < 8 * MB; sent++) {
      client.write(encodeMessage(bytesOf([9_000, 2 * MB, 100, 50_000][sent % 4] as number, sent)))
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    client.socket.resume()
    for (let i = 0; i < sent; i++) {
      const bytes = bytesOf([9_000, 2 * MB, 100, 50_000][i % 4] as number, i)
      assert.deepStrictEqual((await client.readFrame()).payload, bytes)
      assert.deepStrictEqual((await client.readFrame()).payload, bytes.subarray(1))
    }
  })

  test('ends with the handler: a small one shows what comes next, a large one is empty', async () => {
    const kept: Buffer[] = []
    const copies = new Queue<Buffer>()
    const { port } = await startServer({
      binaryType: 'view',
      message(_socket, data) {
        kept.push(data as Buffer)
        copies.push(Buffer.from(data as Buffer))
      },
    })
    const client = await RawClient.open(port)
    for (const [i, size] of [5_000, 5_000, MB, 5_000].entries()) {
      client.write(encodeMessage(Buffer.alloc(size, i + 1)))
      assert.deepStrictEqual(await copies.next(), Buffer.alloc(size, i + 1))
    }
    expect(kept[0]?.at(-1)).toBe(4)
    expect(kept[2]?.length).toBe(0)
  })
})
