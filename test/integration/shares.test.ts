// What a peer sends beyond its connection's share of a turn: it is read later, and nothing of it is lost, nor of what handlers
// answer to it.

import { expect, test } from 'vitest'
import { DeflateClient } from '../support/deflate-client.js'
import { closePayload, encodeFrame, encodeMessage, OP } from '../support/frames.js'
import { RawClient } from '../support/raw-client.js'
import { startEcho, startServer } from '../support/test-server.js'

const close = encodeFrame({ opcode: OP.close, payload: closePayload(1000) })
/** The opcode is one that RFC 6455 reserves. */
const fault = encodeFrame({ opcode: 3 })

// Messages above 1 KiB in bulk stay where they were received: the block of the inbox is left in the middle of it.
test.each([
  [2000, 1000],
  [1100, 2000],
  [900, 2000],
  [5000, 500],
])('messages of %i bytes, %i at once', async (size, count) => {
  const { port, messages } = await startServer()
  const client = await RawClient.open(port)
  const sent = Array.from({ length: count }, (_, i) => Buffer.alloc(size, i))
  client.write(Buffer.concat(sent.map((data) => encodeMessage(data))))
  for (const data of sent) expect(data.equals((await messages.next()).data as Buffer)).toBe(true)
})

// A share is 64 frames: the last frame is the first of another one, behind messages that have not been delivered.
test.each([
  [63, 1000, close],
  [64, 1000, close],
  [128, 1000, close],
  [640, 1000, close],
  [64, 1002, fault],
  [65, 1002, fault],
])('handlers answer %i messages before the connection is closed with %i', async (count, code, last) => {
  const { port } = await startEcho()
  const client = await RawClient.open(port)
  const messages = Array.from({ length: count }, (_, i) => encodeMessage(`${i}`))
  client.write(Buffer.concat([...messages, last]))
  const frames = await client.readFrames(count + 1)
  expect(frames.slice(0, -1).map(({ payload }) => `${payload}`)).toEqual(messages.map((_, i) => `${i}`))
  expect(frames.at(-1)).toMatchObject({ opcode: OP.close })
  expect(frames.at(-1)?.payload.readUInt16BE()).toBe(code)
})

test.each([500, 30_000, 100_000, 1_000_000])(
  'a message of %i bytes, compressed, before the close frame',
  async (size) => {
    const { port } = await startEcho({ perMessageDeflate: true })
    const client = await DeflateClient.open(port)
    const text = Array.from({ length: size }, (_, i) => String.fromCharCode(97 + ((i * i) % 23))).join('')
    client.raw.write(Buffer.concat([client.encode(text), close]))
    expect((await client.read()).data).toBe(text)
  },
)

// The peer's end is no end of ours.
test.each([10, 65, 1000])('%i messages are answered, though the peer ends its side behind them', async (count) => {
  const { port, closed } = await startEcho()
  const client = await RawClient.open(port)
  const messages = Array.from({ length: count }, (_, i) => encodeMessage(`${i}`))
  client.write(Buffer.concat(messages))
  client.end()
  const frames = await client.readFrames(count)
  expect(frames.map(({ payload }) => `${payload}`)).toEqual(messages.map((_, i) => `${i}`))
  expect(await closed.next()).toMatchObject({ code: 1006 })
})
