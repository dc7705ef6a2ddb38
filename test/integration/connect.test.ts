// connect() against servers of ours and of others: what is sent to open a connection, and what works on an open one.

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect, ReadyState } from 'ntyws'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { closePayload, encodeFrame, OP } from '../support/frames.js'
import { acceptance } from '../support/raw-client.js'
import { RawServer } from '../support/raw-server.js'
import { openConnection } from '../support/test-connection.js'
import { startEcho, startServer } from '../support/test-server.js'

const bare = (spec: Parameters<typeof encodeFrame>[0]) => encodeFrame({ ...spec, masked: false })

async function startWs(options = {}): Promise<{ server: WebSocketServer; url: string }> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options })
  await once(server, 'listening')
  onTestFinished(() => {
    for (const client of server.clients) client.terminate()
    server.close()
  })
  return { server, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

const sizes = [0, 1, 125, 126, 65_535, 65_536, 65_537, 1_000_000]

test('what the server sent with its acceptance can be read on the socket, and by `open`', async () => {
  const { url, opened } = await startServer({
    upgrade: () => ({ protocol: 'chat', headers: { 'X-Greeting': 'hello', 'Set-Cookie': ['a=1', 'b=é'] } }),
  })
  const seen: unknown[] = []
  const socket = await connect(url, {
    protocols: ['chat'],
    open: ({ responseHeaders }) => void seen.push(responseHeaders),
  })
  onTestFinished(() => socket.terminate())
  expect(socket.protocol).toBe('chat')
  expect(socket.responseHeaders).toMatchObject({
    upgrade: 'websocket',
    'sec-websocket-protocol': 'chat',
    'x-greeting': 'hello',
    'set-cookie': 'a=1, b=é',
  })
  expect(seen[0]).toBe(socket.responseHeaders)
  expect((await opened.next()).responseHeaders).toBeUndefined()
})

describe.each(['our own server', 'ws'])('against %s', (which) => {
  async function startPeer(): Promise<string> {
    if (which !== 'ws') return (await startEcho()).url
    const { server, url } = await startWs()
    server.on('connection', (peer: WebSocket) =>
      peer.on('message', (data, isBinary) => peer.send(data, { binary: isBinary })),
    )
    return url
  }

  test('text and bytes of every size come back, in order, and what was sent is left as it was', async () => {
    const { socket, messages } = await openConnection(await startPeer())
    const sent = sizes.flatMap((size) => [
      'a'.repeat(size),
      'é'.repeat(size >> 1),
      Buffer.alloc(size, 'bytes'),
      Buffer.alloc(size, 0),
    ])
    const copies = sent.map((data) => (typeof data === 'string' ? data : Buffer.from(data)))
    for (const data of sent) socket.send(data)
    const received = await messages.take(sent.length)
    for (const [i, data] of copies.entries()) {
      expect(typeof received[i]).toBe(typeof data)
      expect(Buffer.from(received[i] as Buffer).equals(Buffer.from(data))).toBe(true)
      expect(Buffer.from(sent[i] as Buffer).equals(Buffer.from(data))).toBe(true)
    }
  })

  test('pings, pongs, fragments and streams go out masked and come back', async () => {
    const { socket, messages, pongs } = await openConnection(await startPeer())
    socket.ping('p')
    socket.send('frag', { fin: false })
    socket.send('ments')
    expect(await pongs.next()).toBe('p')
    expect(await messages.next()).toBe('fragments')
    await socket.sendStream(
      (async function* () {
        for (let i = 0; i < 3; i++) yield Buffer.alloc(100_000, `${i}`)
      })(),
    )
    expect((await messages.next()).length).toBe(300_000)
  })

  test('either side closes, with code and reason', async () => {
    const { socket, closed } = await openConnection(await startPeer())
    socket.close(4000, 'enough')
    expect(socket.readyState).toBe(ReadyState.CLOSING)
    expect((await closed.next()).code).toBe(4000)
    expect(socket.readyState).toBe(ReadyState.CLOSED)
    expect(socket.send('late')).toBe(false)
  })
})

test('the server closes: its code and reason arrive', async () => {
  const { url } = await startServer({ open: (socket) => socket.close(4001, 'over') })
  const { closed } = await openConnection(url)
  expect(await closed.next()).toEqual({ code: 4001, reason: 'over' })
})

test('data, protocol, ports and addresses are those of the connection', async () => {
  const { server, port, url, opened } = await startServer()
  const { socket } = await openConnection<{ name: string }>(url, { data: { name: 'n' }, protocols: ['a', 'b'] })
  const theirs = await opened.next()
  expect(socket.data).toEqual({ name: 'n' })
  expect(socket.protocol).toBe('a')
  expect(socket).toMatchObject({ remoteAddress: '127.0.0.1', remotePort: port, localPort: theirs.remotePort })
  expect(server.connections).toBe(1)
})

test('the open handler has run when connect resolves, and frames behind the response arrive', async () => {
  const server = await RawServer.start()
  const order: string[] = []
  const connected = connect(server.url, {
    open: (socket) => order.push(`open ${socket.readyState}`),
    message: (_, data) => order.push(`message ${data}`),
  })
  const peer = await server.accept()
  const key = /Key: (.*)\r/.exec(await peer.readRequest())?.[1] as string
  peer.write(Buffer.concat([Buffer.from(acceptance(key)), bare({ payload: 'with it' }), bare({ payload: 'too' })]))
  const socket = await connected
  expect(order).toEqual(['open 1', 'message with it', 'message too'])
  socket.terminate()
})

test('a response and frames that come byte by byte are the same', async () => {
  const server = await RawServer.start()
  const opening = openConnection(server.url)
  const peer = await server.accept()
  const key = /Key: (.*)\r/.exec(await peer.readRequest())?.[1] as string
  await peer.writeByteByByte(`HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${acceptance(key)}`)
  await peer.writeByteByByte(bare({ payload: 'slow' }))
  const { socket, messages } = await opening
  expect(await messages.next()).toBe('slow')
  socket.send('answer')
  expect((await peer.readFrame()).payload.toString()).toBe('answer')
})

async function requestOf(options: Parameters<typeof connect>[1], path = ''): Promise<string[]> {
  const server = await RawServer.start()
  const url = new URL(server.url + path)
  if (path === '/auth') Object.assign(url, { username: 'us er', password: 'p:ä' })
  const opening = openConnection(url, options)
  const peer = await server.accept()
  const protocols = ([options?.protocols ?? []].flat() as string[])[0]
  const head = await peer.acceptUpgrade(protocols === undefined ? '' : `Sec-WebSocket-Protocol: ${protocols}\r\n`)
  await opening
  return head.split('\r\n')
}

describe('the opening request', () => {
  test('is what RFC 6455 §4.1 asks for', async () => {
    const lines = await requestOf({}, '/chat?room=1&x=%20')
    expect(lines[0]).toBe('GET /chat?room=1&x=%20 HTTP/1.1')
    expect(lines[1]).toMatch(/^Host: 127\.0\.0\.1:\d+$/)
    expect(lines.slice(2, 5)).toEqual(['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13'])
    const key = /^Sec-WebSocket-Key: (.*)$/.exec(lines[5] as string)?.[1] as string
    expect(Buffer.from(key, 'base64').length).toBe(16)
    expect(lines.slice(6)).toEqual(['', ''])
  })

  test('has a key of its own each time', async () => {
    const keys = await Promise.all(
      Array.from({ length: 20 }, async () => (await requestOf({})).find((each) => each.includes('-Key:'))),
    )
    expect(new Set(keys).size).toBe(20)
  })

  test('has the headers, the origin and the protocols given', async () => {
    const headers = { 'X-One': 'caf\xe9', Cookie: ['a=1', 'b=2'], host: 'other.example' }
    const lines = await requestOf({ headers, origin: 'https://example.com', protocols: ['v2', 'v1'] })
    expect(lines).toContain('X-One: caf\xe9')
    expect(lines).toContain('Cookie: a=1')
    expect(lines).toContain('Cookie: b=2')
    expect(lines).toContain('Origin: https://example.com')
    expect(lines).toContain('Sec-WebSocket-Protocol: v2, v1')
    expect(lines.filter((line) => /^host:/i.test(line))).toEqual(['host: other.example'])
  })

  test('has user and password, unless the headers have other credentials', async () => {
    const basic = `Authorization: Basic ${Buffer.from('us er:p:ä').toString('base64')}`
    expect(await requestOf({}, '/auth')).toContain(basic)
    const lines = await requestOf({ headers: { authorization: 'Bearer x' } }, '/auth')
    expect(lines.filter((line) => /^authorization:/i.test(line))).toEqual(['authorization: Bearer x'])
  })
})

test('Node’s http server upgrades', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const ws = new WebSocketServer({ noServer: true })
  server.on('upgrade', (request, socket, head) => ws.handleUpgrade(request, socket, head, (peer) => peer.send('hello')))
  onTestFinished(() => void server.close())
  const { messages, socket } = await openConnection(`http://localhost:${(server.address() as AddressInfo).port}/`)
  expect(await messages.next()).toBe('hello')
  socket.close()
})

test('IPv6 literals', async () => {
  const { server, messages } = await startServer({ host: '::1' })
  const { socket } = await openConnection(`ws://[::1]:${server.ports[0]}/`)
  expect(socket.remoteAddress).toBe('::1')
  socket.send('six')
  expect((await messages.next()).data).toBe('six')
})

test('a name is tried with all its addresses: localhost, where only IPv4 is listened on', async () => {
  const { port } = await startServer()
  const { socket } = await openConnection(`ws://localhost:${port}`)
  expect(socket.remoteAddress).toBe('127.0.0.1')
})

test('the local address', async () => {
  const { url, opened } = await startServer()
  await openConnection(url, { localAddress: '127.0.0.7' })
  expect((await opened.next()).remoteAddress).toBe('127.0.0.7')
})

describe('limits and heartbeat are those of the server side', () => {
  test('a message above maxPayload fails the connection with 1009', async () => {
    const { url, opened } = await startServer()
    const { errors, closed } = await openConnection(url, { maxPayload: 10 })
    const peer = await opened.next()
    peer.send('x'.repeat(10))
    peer.send('x'.repeat(11))
    expect((await errors.next()).code).toBe('WS_ERR_UNSUPPORTED_MESSAGE_LENGTH')
    expect((await closed.next()).code).toBe(1009)
  })

  test('a frame that is masked fails it with 1002', async () => {
    const server = await RawServer.start()
    const opening = openConnection(server.url)
    const peer = await server.accept()
    await peer.acceptUpgrade()
    const { errors } = await opening
    peer.write(encodeFrame({ payload: 'masked', masked: true }))
    expect((await errors.next()).code).toBe('WS_ERR_UNEXPECTED_MASK')
    expect((await peer.readFrame()).payload.readUInt16BE()).toBe(1002)
  })

  test('a silent server is pinged, then dropped', async () => {
    const server = await RawServer.start()
    const opening = openConnection(server.url, { idleTimeout: 200 })
    const peer = await server.accept()
    await peer.acceptUpgrade()
    const { closed } = await opening
    expect((await peer.readFrame()).opcode).toBe(OP.ping)
    expect(await closed.next()).toEqual({ code: 1006, reason: 'nothing was heard of the peer for too long' })
  })

  test('a slow server holds us up, drains, and all arrives', async () => {
    const server = await RawServer.start()
    const opening = openConnection(server.url, { highWaterMark: 100_000 })
    const peer = await server.accept()
    await peer.acceptUpgrade()
    const { socket, drained } = await opening
    peer.socket.pause()
    const data = Buffer.alloc(300_000, 'masked, and kept')
    let count = 0
    while (socket.send(data)) count++
    for (let i = 0; i < 30; i++) socket.send(data)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(socket.bufferedAmount).toBeGreaterThan(1_000_000)
    peer.socket.resume()
    for (let i = 0; i < count + 31; i++) expect((await peer.readFrame()).payload.equals(data)).toBe(true)
    await drained.next()
    expect(socket.bufferedAmount).toBe(0)
  })
})

test('frames have keys of their own', async () => {
  const server = await RawServer.start()
  const opening = openConnection(server.url)
  const peer = await server.accept()
  await peer.acceptUpgrade()
  const { socket } = await opening
  for (let i = 0; i < 500; i++) socket.send('the same')
  peer.write(bare({ opcode: OP.ping, payload: 'p' }))
  const keys = (await peer.readFrames(501)).map(({ maskingKey }) => maskingKey?.toString('hex'))
  expect(new Set(keys).size).toBe(501)
})

test('the closing handshake: our side of TCP ends behind the server’s', async () => {
  const server = await RawServer.start()
  const opening = openConnection(server.url)
  const peer = await server.accept()
  await peer.acceptUpgrade()
  const { socket, closed } = await opening
  socket.close(1000)
  await peer.readFrame()
  peer.write(bare({ opcode: OP.close, payload: closePayload(1000) }))
  expect((await closed.next()).code).toBe(1000)
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(peer.ended).toBe(false)
  peer.end()
  expect((await peer.readToEnd()).length).toBe(0)
  expect(peer.error).toBeUndefined()
})

test('an error that the open handler throws does not keep the socket from its caller', async () => {
  const { url } = await startServer()
  const caught = once(process, 'uncaughtException')
  const socket = await connect(url, {
    open() {
      throw new Error('in open')
    },
  })
  expect(String((await caught)[0])).toBe('Error: in open')
  socket.terminate()
})
