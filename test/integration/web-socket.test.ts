// Node's own WebSocket, which it has from version 22 on, as a client: that of browsers, by undici.

import { once } from 'node:events'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Queue } from '../support/queue.js'
import { startEcho, startServer } from '../support/test-server.js'

const missing = typeof globalThis.WebSocket === 'undefined'
const title = missing
  ? 'the global WebSocket (skipped: this Node has none; from 22 on it does)'
  : 'the global WebSocket'

async function open(url: string, protocols: string[] = []) {
  const socket = new WebSocket(url, protocols)
  socket.binaryType = 'arraybuffer'
  const messages = new Queue<string | Buffer>()
  const closed = new Queue<{ code: number; reason: string; wasClean: boolean }>()
  socket.addEventListener('message', ({ data }) => {
    messages.push(typeof data === 'string' ? data : Buffer.from(data as ArrayBuffer))
  })
  socket.addEventListener('close', ({ code, reason, wasClean }) => closed.push({ code, reason, wasClean }))
  onTestFinished(() => socket.close())
  await once(socket, 'open')
  return { socket, messages, closed }
}

describe.skipIf(missing)(title, () => {
  test('gets back text and binary of every size', async () => {
    const { url } = await startEcho()
    const { socket, messages } = await open(url)
    for (const size of [0, 5, 125, 126, 65_535, 65_536, 1_000_000]) {
      socket.send('é'.repeat(size))
      expect(await messages.next()).toBe('é'.repeat(size))
      const bytes = Buffer.alloc(size, 7)
      socket.send(bytes)
      expect(bytes.equals((await messages.next()) as Buffer)).toBe(true)
    }
  })

  test('agrees on a subprotocol, and on no extension although it offers one', async () => {
    const offered = new Queue<string | undefined>()
    const { url, opened } = await startServer({
      upgrade: (request) => void offered.push(request.headers['sec-websocket-extensions']),
    })
    const { socket } = await open(url, ['chat', 'superchat'])
    expect(socket.protocol).toBe('chat')
    expect((await opened.next()).protocol).toBe('chat')
    expect(await offered.next()).toContain('permessage-deflate')
    expect(socket.extensions).toBe('')
  })

  test('agrees on compression with a server that does it', async () => {
    const { url } = await startEcho({ perMessageDeflate: { threshold: 0 } })
    const { socket, messages } = await open(url)
    expect(socket.extensions).toMatch(/^permessage-deflate/)
    for (const text of ['', 'short', 'é'.repeat(100_000), 'short']) {
      socket.send(text)
      expect(await messages.next()).toBe(text)
      socket.send(Buffer.from(text))
      expect(Buffer.from(text).equals((await messages.next()) as Buffer)).toBe(true)
    }
  })

  test('ends with the code and reason of either side', async () => {
    const { url, opened, closed } = await startServer()
    const leaving = await open(url)
    leaving.socket.close(4001, 'enough')
    expect(await closed.next()).toMatchObject({ code: 4001, reason: 'enough' })
    expect(await leaving.closed.next()).toMatchObject({ code: 4001, wasClean: true }) // we answer with the code alone
    await opened.next()
    const left = await open(url)
    const peer = await opened.next()
    peer.close(4002, 'go')
    expect(await left.closed.next()).toEqual({ code: 4002, reason: 'go', wasClean: true })
    expect(await closed.next()).toMatchObject({ code: 4002 })
  })

  test('answers pings, and is told of a server that drops it', async () => {
    const { url, opened, pongs } = await startServer()
    const { closed } = await open(url)
    const peer = await opened.next()
    peer.ping('are you there?')
    expect(String(await pongs.next())).toBe('are you there?')
    peer.terminate()
    expect(await closed.next()).toMatchObject({ code: 1006, wasClean: false })
  })

  test('is refused', async () => {
    const { url, server } = await startServer({ upgrade: () => false })
    const socket = new WebSocket(url)
    await once(socket, 'error')
    expect(server.stats()).toMatchObject({ refused: 1, accepted: 0 })
  })
})
