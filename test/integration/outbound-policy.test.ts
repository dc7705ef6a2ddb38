// What becomes of a connection whose peer does not read, by policy.

import { expect, test } from 'vitest'
import { RawClient } from '../support/raw-client.js'
import { startServer, type TestServer } from '../support/test-server.js'

const piece = Buffer.alloc(100_000, 'p')
const highWaterMark = 1_000_000

async function openWithoutReading(server: TestServer<undefined>) {
  const client = await RawClient.open(server.port)
  client.socket.pause()
  return { client, socket: await server.opened.next() }
}

test('pause: drops the connection above maxOutbound, and says why', async () => {
  const maxOutbound = 8_000_000
  const server = await startServer({ highWaterMark, maxOutbound })
  const { socket } = await openWithoutReading(server)
  let most = 0
  while (socket.readyState === 1) {
    socket.send(piece)
    most = Math.max(most, socket.bufferedAmount)
  }
  expect(most).toBeGreaterThan(maxOutbound)
  expect(most).toBeLessThan(maxOutbound + 2 * piece.length)
  expect(socket.send('x')).toBe(false)
  expect(await server.closed.next()).toMatchObject({ code: 1006, reason: expect.stringMatching(/too slowly/) })
})

test('close: drops the connection above highWaterMark', async () => {
  const server = await startServer({ highWaterMark, outboundPolicy: 'close' })
  const { socket } = await openWithoutReading(server)
  while (socket.readyState === 1) socket.send(piece)
  expect((await server.closed.next()).reason).toMatch(/too slowly/)
})

test('drop: takes no message above highWaterMark, counts it, and goes on when there is room', async () => {
  const server = await startServer({ highWaterMark, outboundPolicy: 'drop' })
  const { client, socket } = await openWithoutReading(server)
  let sent = 0
  while (server.server.stats().messagesDropped === 0) {
    socket.send(piece)
    sent++
  }
  expect(socket.bufferedAmount).toBeLessThan(highWaterMark + 2 * piece.length)
  expect(socket.send('dropped too')).toBe(false)
  expect(server.server.stats().messagesDropped).toBe(2)
  client.socket.resume()
  await server.drained.next()
  expect(socket.send('last')).toBe(true)
  const frames = await client.readFrames(sent)
  expect(frames.slice(0, -1).every(({ payload }) => payload.equals(piece))).toBe(true)
  expect(frames.at(-1)?.payload.toString()).toBe('last')
})

test('what a fast peer takes within one tick is not held against it', async () => {
  const server = await startServer({ highWaterMark: 50_000, maxOutbound: 60_000 })
  const client = await RawClient.open(server.port)
  const socket = await server.opened.next()
  for (let i = 0; i < 8; i++) socket.send(Buffer.alloc(25_000))
  expect(socket.readyState).toBe(1)
  expect((await client.readFrames(8)).length).toBe(8)
})
