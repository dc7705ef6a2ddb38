// Limits on how messages come: in how many fragments, and how fast.

import { strict as assert } from 'node:assert'
import { describe, expect, test } from 'vitest'
import { encodeFrame, OP } from '../support/frames.js'
import { RawClient } from '../support/raw-client.js'
import { startServer } from '../support/test-server.js'

/** A message of that many fragments, all with the same payload. */
function encodeFragments(count: number, payload: string): Buffer {
  const middle = encodeFrame({ fin: false, opcode: OP.continuation, payload })
  return Buffer.concat([
    encodeFrame({ fin: false, opcode: OP.text, payload }),
    Buffer.alloc((count - 2) * middle.length, middle),
    encodeFrame({ opcode: OP.continuation, payload }),
  ])
}

const tooManyFragments = {
  code: 1008,
  reason: 'The message has more fragments than this endpoint allows',
}

describe('maxFragments', () => {
  test('by default 4 MiB in 65,536 fragments make one message', async () => {
    const { port, messages } = await startServer()
    const client = await RawClient.open(port)
    const part = `${'x'.repeat(61)}€`
    client.write(encodeFragments(65_536, part))
    assert.equal((await messages.next()).data, part.repeat(65_536))
  })

  test.each([
    ['by default one more than 131,072', {}, 131_072],
    ['one more than is set', { maxFragments: 3 }, 3],
  ])('%s fails the connection with 1008', async (_, options, count) => {
    const { port, messages, errors, closed } = await startServer(options)
    const client = await RawClient.open(port)
    client.write(encodeFragments(count, ''))
    expect((await messages.next()).data).toBe('')
    client.write(encodeFragments(count + 1, ''))
    const { opcode, payload } = await client.readFrame()
    expect([opcode, payload.readUInt16BE()]).toEqual([OP.close, 1008])
    expect((await errors.next()).code).toBe('WS_ERR_TOO_MANY_BUFFERED_PARTS')
    expect(await closed.next()).toMatchObject(tooManyFragments)
    expect(messages.size).toBe(0)
  })

  test('0 sets no limit', async () => {
    const { port, messages } = await startServer({ maxFragments: 0 })
    const client = await RawClient.open(port)
    client.write(encodeFragments(200_000, ''))
    expect((await messages.next()).data).toBe('')
  })

  test('counts the fragments of one message, not of a connection, and no control frames', async () => {
    const { port, messages, pings } = await startServer({ maxFragments: 2 })
    const client = await RawClient.open(port)
    for (let i = 0; i < 3; i++) {
      client.send('whole')
      client.sendFrame({ fin: false, opcode: OP.text, payload: 'a' })
      client.sendFrame({ opcode: OP.ping })
      client.sendFrame({ opcode: OP.ping })
      client.sendFrame({ opcode: OP.continuation, payload: 'b' })
    }
    const texts = (await messages.take(6)).map(({ data }) => data)
    expect(texts).toEqual(['whole', 'ab', 'whole', 'ab', 'whole', 'ab'])
    expect(pings.size).toBe(6)
  })
})

// What is sent at once exceeds by far what is refilled while it comes.
describe.each([
  ['maxMessagesPerSecond', { maxMessagesPerSecond: 10 }, 'WS_ERR_TOO_MANY_MESSAGES', 'More messages came'],
  ['maxBytesPerSecond', { maxBytesPerSecond: 70 }, 'WS_ERR_TOO_MANY_BYTES', 'More bytes came'],
])('%s', (_, options, code, reason) => {
  const message = encodeFrame({ payload: 'x' }) // seven bytes

  test('lets a second’s worth pass at once', async () => {
    const { port, messages, opened } = await startServer(options)
    const client = await RawClient.open(port)
    client.write(Buffer.alloc(10 * message.length, message))
    expect((await messages.take(10)).every(({ data }) => data === 'x')).toBe(true)
    expect((await opened.next()).readyState).toBe(1)
  })

  test('more fail the connection with 1008', async () => {
    const { port, errors, closed, messages } = await startServer(options)
    const client = await RawClient.open(port)
    client.write(Buffer.alloc(10_000 * message.length, message))
    const { opcode, payload } = await client.readFrame()
    expect([opcode, payload.readUInt16BE()]).toEqual([OP.close, 1008])
    expect((await errors.next()).code).toBe(code)
    expect(await closed.next()).toMatchObject({ code: 1008, reason: expect.stringContaining(reason) })
    expect(messages.size).toBeLessThan(10_000)
  })
})
