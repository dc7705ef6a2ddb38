// How long a connection may be silent, and how long it may live.

import { describe, expect, test } from 'vitest'
import { encodeFrame, OP } from '../support/frames.js'
import { RawClient } from '../support/raw-client.js'
import { startServer } from '../support/test-server.js'
import { WsClient } from '../support/ws-client.js'

describe('idleTimeout', () => {
  test('sends a ping to a silent peer, and drops it when nothing comes back', async () => {
    const { port, closed } = await startServer({ idleTimeout: 100 })
    const client = await RawClient.open(port)
    expect((await client.readFrame()).opcode).toBe(OP.ping)
    expect(await closed.next()).toMatchObject({ code: 1006, reason: expect.stringMatching(/nothing was heard/) })
    expect((await client.readToEnd()).length).toBe(0)
  })

  test('keeps a peer that answers pings', async () => {
    const { url, closed, pongs } = await startServer({ idleTimeout: 100 })
    const client = await WsClient.open(url)
    for (let i = 0; i < 4; i++) await pongs.next()
    expect(closed.size).toBe(0)
    expect(client.socket.readyState).toBe(client.socket.OPEN)
  })

  test('keeps a peer that sends, without pings', async () => {
    const { port, closed, messages } = await startServer({ idleTimeout: 400 })
    const client = await RawClient.open(port)
    for (let i = 0; i < 20; i++) {
      client.send('x')
      await messages.next()
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
    expect(closed.size).toBe(0)
    client.sendFrame({ opcode: OP.ping, payload: Buffer.from('mine') })
    expect(await client.readFrame()).toMatchObject({ opcode: OP.pong, payload: Buffer.from('mine') })
  })

  test('drops without a ping when sendPings is false', async () => {
    const { port, closed } = await startServer({ idleTimeout: 60, sendPings: false })
    const client = await RawClient.open(port)
    expect((await closed.next()).code).toBe(1006)
    expect((await client.readToEnd()).length).toBe(0)
  })

  test('waits for a connection that the user paused', async () => {
    const { port, opened, closed, messages } = await startServer({ idleTimeout: 60 })
    const client = await RawClient.open(port)
    const socket = await opened.next()
    socket.pause()
    client.send('kept')
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(closed.size).toBe(0)
    socket.resume()
    expect((await messages.next()).data).toBe('kept')
  })

  test('0 turns it off', async () => {
    const { port, opened } = await startServer({ idleTimeout: 0 })
    const client = await RawClient.open(port)
    const socket = await opened.next()
    await new Promise((resolve) => setTimeout(resolve, 150))
    socket.send('first of all')
    expect((await client.readFrame()).payload.toString()).toBe('first of all')
  })
})

test('maxLifetime closes with 1001, busy or not', async () => {
  const { port, closed } = await startServer({ maxLifetime: 80 })
  const client = await RawClient.open(port)
  const busy = setInterval(() => client.write(encodeFrame({ opcode: OP.text, payload: Buffer.from('x') })), 10)
  const frame = await client.readFrame()
  clearInterval(busy)
  expect(frame.opcode).toBe(OP.close)
  expect(frame.payload.readUInt16BE()).toBe(1001)
  client.write(encodeFrame({ opcode: OP.close, payload: frame.payload }))
  expect((await closed.next()).code).toBe(1001)
})
