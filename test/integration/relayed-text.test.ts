// Text that handlers send on as it came: it goes out from where it was received.

import { describe, expect, test } from 'vitest'
import { encodeFrame, encodeMessage, OP } from '../support/frames.js'
import { RawClient } from '../support/raw-client.js'
import { startServer } from '../support/test-server.js'
import { WsClient } from '../support/ws-client.js'

const texts = ['', 'x', 'grün', '€ 1', '💧', 'a'.repeat(125), 'ü'.repeat(63), 'b'.repeat(20_000), '€💧'.repeat(9_000)]

async function texting(client: WsClient, count: number): Promise<string[]> {
  const received: string[] = []
  for (let i = 0; i < count; i++) received.push(String(await client.next()))
  return received
}

describe('text that is sent on', () => {
  test('goes to its sender and to others, between texts of the handler, in order', async () => {
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
  })

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

  test('to a peer that does not read waits as it came', async () => {
    const { port, opened } = await startServer({
      highWaterMark: 1e8,
      message: (socket, data) => void socket.send(data),
    })
    const client = await RawClient.open(port)
    client.socket.pause()
    const socket = await opened.next()
    const text = (i: number) => String(i).padStart(20_000, '·')
    let sent = 0
    for (; socket.bufferedAmount < 4e6; sent++) {
      client.write(encodeMessage(text(sent)))
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    client.socket.resume()
    for (let i = 0; i < sent; i++) expect((await client.readFrame()).payload.toString()).toBe(text(i))
  })
})
