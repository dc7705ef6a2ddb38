// What a peer can do wrong: each gives error with a stable code, then close with its close code and the reason, once.

import { describe, expect, test } from 'vitest'
import { closePayload, encodeClose, encodeFrame, encodeMessage, type FrameSpec, OP } from '../support/frames.js'
import { RawClient } from '../support/raw-client.js'
import { startEcho, startServer } from '../support/test-server.js'

const bad = (...bytes: number[]) => Buffer.from(bytes)
const frames = (...specs: FrameSpec[]) => Buffer.concat(specs.map(encodeFrame))

const mistakes: [string, number, string, Buffer][] = [
  ['RSV1', 1002, 'WS_ERR_UNEXPECTED_RSV_1', frames({ rsv: 4, payload: 'x' })],
  ['RSV2', 1002, 'WS_ERR_UNEXPECTED_RSV_2_3', frames({ rsv: 2, payload: 'x' })],
  ['RSV3', 1002, 'WS_ERR_UNEXPECTED_RSV_2_3', frames({ rsv: 1, payload: 'x' })],
  ['RSV1 on a ping', 1002, 'WS_ERR_UNEXPECTED_RSV_1', frames({ rsv: 4, opcode: OP.ping })],
  ['opcode 3', 1002, 'WS_ERR_INVALID_OPCODE', frames({ opcode: 3 })],
  ['opcode 7', 1002, 'WS_ERR_INVALID_OPCODE', frames({ opcode: 7 })],
  ['opcode 11', 1002, 'WS_ERR_INVALID_OPCODE', frames({ opcode: 11 })],
  ['opcode 15', 1002, 'WS_ERR_INVALID_OPCODE', frames({ opcode: 15 })],
  ['no mask', 1002, 'WS_ERR_EXPECTED_MASK', frames({ masked: false, payload: 'x' })],
  ['no mask on a ping', 1002, 'WS_ERR_EXPECTED_MASK', frames({ masked: false, opcode: OP.ping })],
  ['no mask on a close', 1002, 'WS_ERR_EXPECTED_MASK', frames({ masked: false, opcode: OP.close })],
  ['a fragmented ping', 1002, 'WS_ERR_EXPECTED_FIN', frames({ fin: false, opcode: OP.ping })],
  ['a fragmented close', 1002, 'WS_ERR_EXPECTED_FIN', frames({ fin: false, opcode: OP.close })],
  [
    'a ping of 126 bytes',
    1002,
    'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
    frames({ opcode: OP.ping, payload: 'x'.repeat(126) }),
  ],
  ['a close of 126 bytes', 1002, 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH', encodeClose(1000, 'x'.repeat(124))],
  ['16 bits for 125', 1002, 'WS_ERR_INVALID_PAYLOAD_LENGTH', frames({ payload: 'x'.repeat(125), lengthBits: 16 })],
  ['64 bits for 65535', 1002, 'WS_ERR_INVALID_PAYLOAD_LENGTH', frames({ announce: 65_535, lengthBits: 64 })],
  ['a length of 2^63', 1002, 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH', frames({ announce: 1n << 63n })],
  ['a continuation of nothing', 1002, 'WS_ERR_INVALID_OPCODE', frames({ opcode: OP.continuation, payload: 'x' })],
  [
    'a continuation behind a whole message',
    1002,
    'WS_ERR_INVALID_OPCODE',
    frames({ fin: false, payload: 'a' }, { opcode: OP.continuation }, { opcode: OP.continuation }),
  ],
  ['a message within a message', 1002, 'WS_ERR_INVALID_OPCODE', frames({ fin: false, payload: 'a' }, { payload: 'b' })],
  ['more than maxPayload', 1009, 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', frames({ announce: 1_000_001 })],
  ['2^62 bytes announced', 1009, 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', frames({ announce: 1n << 62n })],
  [
    'more than maxPayload in fragments',
    1009,
    'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
    frames({ fin: false, payload: 'x'.repeat(999_999) }, { opcode: OP.continuation, payload: 'xy' }),
  ],
  ['bytes that are no UTF-8', 1007, 'WS_ERR_INVALID_UTF8', frames({ payload: bad(0x61, 0xff) })],
  ['an encoded surrogate', 1007, 'WS_ERR_INVALID_UTF8', frames({ payload: bad(0xed, 0xa0, 0x80) })],
  ['an overlong encoding', 1007, 'WS_ERR_INVALID_UTF8', frames({ payload: bad(0xc0, 0x80) })],
  ['half a character at the end', 1007, 'WS_ERR_INVALID_UTF8', frames({ payload: bad(0x61, 0xe2, 0x82) })],
  [
    'half a character at the end of the last fragment',
    1007,
    'WS_ERR_INVALID_UTF8',
    frames({ fin: false, payload: 'a' }, { opcode: OP.continuation, payload: bad(0xe2, 0x82) }),
  ],
  // Told at the byte that is wrong, though the message is not whole.
  ['no UTF-8 in a first fragment', 1007, 'WS_ERR_INVALID_UTF8', frames({ fin: false, payload: bad(0xf8) })],
  [
    'a close payload of one byte',
    1002,
    'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
    frames({ opcode: OP.close, payload: 'x' }),
  ],
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535].map((code): [string, number, string, Buffer] => [
    `close code ${code}`,
    1002,
    'WS_ERR_INVALID_CLOSE_CODE',
    encodeClose(code),
  ]),
  [
    'a close reason that is no UTF-8',
    1007,
    'WS_ERR_INVALID_UTF8',
    frames({ opcode: OP.close, payload: closePayload(1000, bad(0xff)) }),
  ],
]

describe.each(['in one segment', 'byte by byte'])('%s', (how) => {
  const chosen = how === 'byte by byte' ? mistakes.filter(([, , , bytes]) => bytes.length < 200) : mistakes

  test.each(chosen)('%s fails the connection with %i', async (_, code, errorCode, bytes) => {
    const order: string[] = []
    const { port, server, errors, closed, messages } = await startServer({
      maxPayload: 1_000_000,
      error: () => order.push('error'),
      close: () => order.push('close'),
    })
    const client = await RawClient.open(port)
    client.send('good before')
    if (how === 'byte by byte') await client.writeByteByByte(bytes)
    else client.write(Buffer.concat([bytes, encodeMessage('not read any more')]))

    expect((await messages.next()).data).toBe('good before')
    const error = await errors.next()
    expect(error).toBeInstanceOf(Error)
    expect(error.code).toBe(errorCode)
    const close = await closed.next()
    expect(close).toMatchObject({ code, reason: error.message })
    expect(close.reason.length).toBeGreaterThan(10)
    expect(close.socket.readyState).toBe(3)

    const frame = await client.readFrame()
    expect(frame.opcode).toBe(OP.close)
    expect(frame.payload.readUInt16BE()).toBe(code)
    expect(frame.payload.toString('utf8', 2)).toBe(error.message)
    expect((await client.readToEnd()).length).toBe(0)
    expect(order).toEqual(['error', 'close'])
    expect(server.connections).toBe(0)
    // The first fragments of a message that is cut short are no message.
    expect(messages.size).toBe(_ === 'a continuation behind a whole message' ? 1 : 0)
  })
})

test('one that errs does not disturb others', async () => {
  const { port } = await startEcho()
  const good = await RawClient.open(port)
  for (const [, , , bytes] of mistakes) {
    const client = await RawClient.open(port)
    client.write(bytes)
    good.send('ping')
    expect((await good.readFrame()).payload.toString()).toBe('ping')
  }
})

describe('connections that just end', () => {
  test('a reset gives 1006 with the reason of the system', async () => {
    const { port, errors, closed, opened } = await startServer()
    const client = await RawClient.open(port)
    await opened.next()
    client.reset()
    const error = await errors.next()
    expect(error).toMatchObject({ code: 'ECONNRESET', errno: -104 })
    expect(await closed.next()).toMatchObject({ code: 1006, reason: error.message })
    expect(error.message).toContain('ECONNRESET')
  })

  test('a reset while we send, too', async () => {
    const { port, errors, closed, messages } = await startEcho()
    const client = await RawClient.open(port)
    client.send('answer this')
    client.reset()
    expect((await messages.next()).data).toBe('answer this')
    expect((await errors.next()).code).toMatch(/^(ECONNRESET|EPIPE)$/)
    expect(await closed.next()).toMatchObject({ code: 1006, reason: expect.stringContaining('E') })
  })

  test('an end without a close frame gives 1006 and no error', async () => {
    const { port, errors, closed, messages } = await startEcho()
    const client = await RawClient.open(port)
    client.send('last words')
    client.end()
    expect((await messages.next()).data).toBe('last words')
    const { code, reason } = await closed.next()
    expect(code).toBe(1006)
    expect(reason).toMatch(/without a close frame/)
    expect(errors.size).toBe(0)
  })

  test('an end in the middle of a message gives 1006', async () => {
    const { port, closed, messages } = await startServer()
    const client = await RawClient.open(port)
    client.write(encodeMessage('never whole').subarray(0, 9))
    client.end()
    expect(await closed.next()).toMatchObject({ code: 1006 })
    expect(messages.size).toBe(0)
  })

  test('what came before a reset in the same turn is delivered', async () => {
    const { port, closed, messages } = await startServer()
    const client = await RawClient.open(port)
    client.write(Buffer.concat([encodeMessage('a'), encodeClose(4001, 'bye')]))
    client.reset()
    expect((await messages.next()).data).toBe('a')
    expect(await closed.next()).toMatchObject({ code: 4001, reason: 'bye' })
  })
})

test('every open has one close, however the connection ends', async () => {
  const { port, opened, closed, server } = await startServer({ message: (socket) => socket.close(1000) })
  const endings: ((client: RawClient) => void)[] = [
    (client) => client.reset(),
    (client) => client.end(),
    (client) => client.write(encodeClose(1000)),
    (client) => client.write(bad(0xff, 0xff)),
    (client) => client.send('close, please'),
    (client) => client.write(Buffer.concat([encodeMessage('close'), encodeClose(1000)])),
    (client) => client.write(Buffer.concat([encodeClose(1000), encodeClose(1001)])),
    (client) => client.write(Buffer.concat([bad(0xff, 0xff), encodeClose(1000)])),
  ]
  const rounds = 10
  for (let round = 0; round < rounds; round++) {
    await Promise.all(
      endings.map(async (end) => {
        const client = await RawClient.open(port)
        end(client)
        setImmediate(() => client.end())
      }),
    )
  }
  const count = endings.length * rounds
  const openedSockets = await opened.take(count)
  const closedSockets = (await closed.take(count)).map(({ socket }) => socket)
  expect(new Set(closedSockets)).toEqual(new Set(openedSockets))
  expect(closedSockets.every((socket) => socket.readyState === 3)).toBe(true)
  expect([server.connections, opened.size, closed.size]).toEqual([0, 0, 0])
})
