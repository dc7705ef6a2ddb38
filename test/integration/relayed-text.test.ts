// Text that handlers send on as it came: it goes out from where it was received.

import { describe, expect, test } from 'vitest'
import { encodeFrame, encodeMessage, OP } from '../support/frames.js'
import { RawClient } from '../support/raw-client.js'
import { startServer } from '../support/test-server.js'
import { WsClient } from '../support/ws-client.js'

const texts = ['', 'x', 'grün', '€ 1', '💧', 'a'.repeat(125), 'ü'.repeat(63), 'b'.repeat(20_000), '€💧'.repeat(9_000)]
// Those of more than 256 KiB are received into memory of their own.
const largeTexts = ['c'.repeat(70_000), 'ü'.repeat(70_000), 'd'.repeat(400_000), '€💧'.repeat(90_000)]

async function texting(client: WsClient, count: number): Promise<string[]> {
  const received: string[] = []
  for (let i = 0; i < count; i++) received.push(String(await client.next()))
  return received
}

describe('text that is sent on', () => {
  test.each([texts, largeTexts])(
    'goes to its sender and to others, between texts of the handler, in order',
    async (...texts) => {
      const { url, server, opened } = await startServer({
        message(_socket, data) {
          for (const each of room) {
            each.send(`${data} begins`)
            each.send(data)
            each.send(data as string)
            each.send(`${data} ends, ü`)
          }
        },
      })
      const clients = [await WsClient.open(url), await WsClient.open(url), await WsClient.open(url)]
      const room = [await opened.next(), await opened.next(), await opened.next()]
      for (const text of texts) clients[1]?.send(text)
      const expected = texts.flatMap((text) => [`${text} begins`, text, text, `${text} ends, ü`])
      for (const client of clients) expect(await texting(client, expected.length)).toEqual(expected)
      expect(server.stats().messagesSent).toBe(3 * expected.length)
    },
  )

  test('more often than the outbox has records', async () => {
    const { url } = await startServer({
      highWaterMark: 1e7,
      message(socket, data) {
        for (let i = 0; i < 9000; i++) socket.send(data)
      },
    })
    const client = await WsClient.open(url)
    for (const text of ['first', 'zwölf']) client.send(text)
    const received = await texting(client, 18_000)
    expect(received).toEqual([...Array(9000).fill('first'), ...Array(9000).fill('zwölf')])
  })

  test('later, when other messages have come, is still what came', async () => {
    const kept: string[] = []
    const { port } = await startServer({
      async message(socket, data) {
        if (typeof data === 'string') {
          kept.push(data)
        } else {
          await null
          for (const each of kept) socket.send(each)
        }
      },
    })
    const client = await RawClient.open(port)
    client.write(
      Buffer.concat([encodeMessage('one'), encodeMessage('two'), encodeMessage('tre'), encodeMessage('tre')]),
    )
    await expect.poll(() => kept.length).toBe(4)
    client.sendFrame({ opcode: OP.binary, payload: Buffer.alloc(100, '?') })
    const received: string[] = []
    for (const frame of await client.readFrames(4)) received.push(frame.payload.toString())
    expect(received).toEqual(['one', 'two', 'tre', 'tre'])
  })

  test('that the handler puts together itself, with the same words', async () => {
    const { url } = await startServer({
      message(socket, data) {
        socket.send([...data].join(''))
        socket.send(`${data}!`.slice(0, -1))
      },
    })
    const client = await WsClient.open(url)
    for (const text of texts) client.send(text)
    expect(await texting(client, 2 * texts.length)).toEqual(texts.flatMap((text) => [text, text]))
  })

  test('that came in fragments, and a byte at a time', async () => {
    const { port } = await startServer({ message: (socket, data) => void socket.send(data) })
    const client = await RawClient.open(port)
    const head = encodeFrame({ opcode: OP.text, fin: false, payload: 'in ' })
    await client.writeByteByByte(Buffer.concat([head, encodeFrame({ opcode: OP.continuation, payload: 'Stücken' })]))
    client.write(encodeMessage('ganz'))
    const frames = await client.readFrames(2)
    expect(frames.map(({ payload }) => payload.toString())).toEqual(['in Stücken', 'ganz'])
  })

  test.each([20_000, 400_000])('to a peer that does not read waits as it came, %i characters', async (length) => {
    const { port, opened } = await startServer({
      highWaterMark: 1e8,
      message: (socket, data) => void socket.send(data),
    })
    const client = await RawClient.open(port)
    client.socket.pause()
    const socket = await opened.next()
    const text = (i: number) => String(i).padStart(length, '·')
    let sent = 0
    for (; socket.bufferedAmount < 4e6 + 2 * length; sent++) {
      client.write(encodeMessage(text(sent)))
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    client.socket.resume()
    for (let i = 0; i < sent; i++) expect((await client.readFrame()).payload.toString()).toBe(text(i))
  })

  test('is told from large texts of the handler, which go to many', async () => {
    const { url, opened } = await startServer({
      message(_socket, data) {
        const answers = [`${data}!`, `${data}`, `!${data}`, `${data}!`, data, 'ß'.repeat(80_000), 'ß'.repeat(80_000)]
        for (const answer of answers) for (const socket of room) socket.send(answer)
      },
    })
    const clients = [await WsClient.open(url), await WsClient.open(url)]
    const room = [await opened.next(), await opened.next()]
    for (const text of largeTexts) clients[0]?.send(text)
    const expected = largeTexts.flatMap((text) => {
      return [`${text}!`, text, `!${text}`, `${text}!`, text, 'ß'.repeat(80_000), 'ß'.repeat(80_000)]
    })
    for (const client of clients) expect(await texting(client, expected.length)).toEqual(expected)
  })
})
