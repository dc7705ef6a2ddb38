// serve(): ports and hosts, several servers, and how a server ends.

import { once } from 'node:events'
import { createServer, type Server as NetServer } from 'node:net'
import { type ListenError, type PortSpec, type ServeOptions, type Server, serve } from 'ntyws'
import { describe, expect, onTestFinished, test } from 'vitest'
import { runChild } from '../support/child.js'
import { encodeClose, encodeFrame, OP } from '../support/frames.js'
import { Queue } from '../support/queue.js'
import { RawClient, upgradeRequest } from '../support/raw-client.js'
import { startEcho, startServer } from '../support/test-server.js'
import { WsClient } from '../support/ws-client.js'

async function start(options: Partial<ServeOptions> = {}): Promise<Server> {
  const server = await serve({ port: 0, host: '127.0.0.1', closeTimeout: 500, ...options })
  onTestFinished(() => server.close())
  return server
}

/**
 * Ports that were free a moment ago, next to each other: below those that the system gives to clients, whose connections
 * hold them long after their end.
 */
async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = 10_000 + Math.floor(Math.random() * 20_000)
    try {
      await (await serve({ port: `${first}-${first + count - 1}`, host: '127.0.0.1' })).close()
      return first
    } catch {
      // one of them is taken
    }
  }
}

async function occupy(port = 0): Promise<{ port: number; server: NetServer }> {
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { port: (server.address() as { port: number }).port, server }
}

describe('ports', () => {
  test('0 picks a free one, each time', async () => {
    const server = await start({ port: [0, 0, '0', '0,0'] })
    expect(server.ports.length).toBe(5)
    expect(new Set(server.ports).size).toBe(5)
    expect(server.ports.every((port) => port > 0)).toBe(true)
    expect(server.host).toBe('127.0.0.1')
  })

  test.each<[string, (p: number) => PortSpec, number[]]>([
    ['a number', (p) => p, [0]],
    ['a string', (p) => `${p}`, [0]],
    ['a range', (p) => `${p}-${p + 3}`, [0, 1, 2, 3]],
    ['a list', (p) => `${p + 2},${p}-${p + 1}`, [2, 0, 1]],
    ['a list with spaces', (p) => ` ${p} , ${p + 1} - ${p + 2} `, [0, 1, 2]],
    ['an array', (p) => [p + 1, `${p + 2}-${p + 3}`, p], [1, 2, 3, 0]],
  ])('%s', async (_, spec, offsets) => {
    const first = await freePorts(4)
    const server = await start({ port: spec(first) })
    expect(server.ports).toEqual(offsets.map((offset) => first + offset))
    expect(() => (server.ports as number[]).push(1)).toThrow(TypeError)
  })

  test('each port of a range serves, and a socket knows its own', async () => {
    const first = await freePorts(100)
    const { server, opened, messages } = await startEcho({ port: `${first}-${first + 99}` })
    expect(server.ports.length).toBe(100)
    for (const port of server.ports) {
      const client = await RawClient.open(port)
      const socket = await opened.next()
      expect(socket.localPort).toBe(port)
      expect(socket.remotePort).toBe(client.socket.localPort)
      client.send('hi')
      expect((await messages.next()).socket).toBe(socket)
      await client.readFrame()
      client.socket.destroy()
    }
  })

  test.each<[unknown, string, RegExp]>([
    ['', 'ERR_INVALID_ARG_VALUE', /no port is given/],
    [[], 'ERR_INVALID_ARG_VALUE', /no port is given/],
    ['http', 'ERR_INVALID_ARG_VALUE', /"http"/],
    ['80-', 'ERR_INVALID_ARG_VALUE', /"80-"/],
    ['-80', 'ERR_INVALID_ARG_VALUE', /"-80"/],
    [-80, 'ERR_INVALID_ARG_VALUE', /"-80"/],
    ['90-80', 'ERR_INVALID_ARG_VALUE', /backwards/],
    ['8080,8080', 'ERR_INVALID_ARG_VALUE', /8080 is given twice/],
    [[8080, '8079-8081'], 'ERR_INVALID_ARG_VALUE', /8080 is given twice/],
    ['8080,,8081', 'ERR_INVALID_ARG_VALUE', /comma/],
    [65_536, 'ERR_INVALID_ARG_VALUE', /65536/],
    [80.5, 'ERR_INVALID_ARG_VALUE', /80\.5/],
    [Number.NaN, 'ERR_INVALID_ARG_VALUE', /NaN/],
    ['1-20000', 'ERR_INVALID_ARG_VALUE', /10000/],
    ['8080\n', 'ERR_INVALID_ARG_VALUE', /8080/],
    [undefined, 'ERR_INVALID_ARG_TYPE', /port must be/],
    [null, 'ERR_INVALID_ARG_TYPE', /port must be/],
    [true, 'ERR_INVALID_ARG_TYPE', /port must be/],
    [[80, null], 'ERR_INVALID_ARG_TYPE', /port must be/],
    [{ from: 1 }, 'ERR_INVALID_ARG_TYPE', /port must be/],
  ])('%j is refused', async (port, code, message) => {
    await expect(serve({ port: port as PortSpec })).rejects.toMatchObject({
      name: 'TypeError',
      code,
      message: expect.stringMatching(message),
    })
  })

  test('all or nothing: the error names every busy port, and the others stay free', async () => {
    const first = await freePorts(5)
    const busy = await occupy(first + 1)
    await occupy(first + 3)
    const error: ListenError = await start({ port: `${first}-${first + 4}` }).then(
      () => expect.fail('it listened'),
      (reason) => reason,
    )
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({
      code: 'EADDRINUSE',
      errno: -98,
      syscall: 'listen',
      address: '127.0.0.1',
      port: first + 1,
      ports: [first + 1, first + 3],
    })
    expect(error.message).toContain(`${first + 1}, ${first + 3}`)
    expect(error.message).toContain('address already in use')
    for (const offset of [0, 2, 4]) await occupy(first + offset)

    // Once it is free, it can be had.
    await new Promise((resolve) => busy.server.close(resolve))
    const server = await start({ port: first + 1 })
    expect(server.ports).toEqual([first + 1])
  })

  test('a second server on the same port is refused', async () => {
    const server = await start()
    await expect(start({ port: server.ports[0] as number })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })
})

describe('hosts', () => {
  test.each([
    ['127.0.0.1', '127.0.0.1', '127.0.0.1'],
    ['localhost', 'localhost', /^(127\.0\.0\.1|::1)$/],
    ['::1', '::1', '::1'],
    ['0.0.0.0', '127.0.0.1', '127.0.0.1'],
    ['::', '::1', '::1'],
    ['::', '127.0.0.1', '127.0.0.1'],
    [undefined, '127.0.0.1', '127.0.0.1'],
    [undefined, '::1', '::1'],
  ])('%s, dialled as %s', async (host, dialled, remote) => {
    const { server, opened, port } = await startEcho(host === undefined ? { host: '' } : { host })
    const authority = dialled.includes(':') ? `[${dialled}]` : dialled
    const client = await WsClient.open(`ws://${authority}:${port}`)
    client.send('hello')
    expect(await client.next()).toBe('hello')
    expect((await opened.next()).remoteAddress).toEqual(
      remote instanceof RegExp ? expect.stringMatching(remote) : remote,
    )
    expect(server.host).toMatch(/^[\d.]+$|:/)
  })

  test('without a host it is all addresses', async () => {
    const server = await serve({ port: 0 })
    onTestFinished(() => server.close())
    expect(['::', '0.0.0.0']).toContain(server.host)
  })

  test('a name that does not resolve is refused', async () => {
    await expect(start({ host: 'no.such.name.invalid' })).rejects.toMatchObject({ code: expect.stringMatching(/^E/) })
  })

  test('an address that is not ours is refused', async () => {
    await expect(start({ host: '192.0.2.1' })).rejects.toMatchObject({ code: 'EADDRNOTAVAIL', address: '192.0.2.1' })
  })
})

describe('close', () => {
  test('sends 1001 and resolves after every close handler', async () => {
    const { url, server, closed } = await startServer()
    const clients = await Promise.all(Array.from({ length: 20 }, () => WsClient.open(url)))
    expect(server.connections).toBe(20)
    await server.close()
    expect(closed.size).toBe(20)
    expect(server.connections).toBe(0)
    for (const client of clients) expect((await client.closed).code).toBe(1001)
    for (const { code } of await closed.take(20)) expect(code).toBe(1001)
  })

  test('calling it again gives the same promise', async () => {
    const server = await start()
    expect(server.close()).toBe(server.close())
    await server.close()
    await server.close()
  })

  test('what was sent before goes out before the close frame', async () => {
    const { url, server, opened } = await startServer()
    const client = await WsClient.open(url)
    const socket = await opened.next()
    socket.send('last words')
    socket.send(Buffer.alloc(100_000))
    const ended = server.close()
    expect(await client.next()).toBe('last words')
    expect((await client.next()).length).toBe(100_000)
    expect((await client.closed).code).toBe(1001)
    await ended
  })

  test('from then on its sockets are closing', async () => {
    const { url, server, opened } = await startServer()
    await WsClient.open(url)
    const socket = await opened.next()
    const ended = server.close()
    expect(socket.readyState).toBe(2)
    expect(socket.send('too late')).toBe(false)
    await ended
    expect(socket.readyState).toBe(3)
  })

  test('no new connections are taken', async () => {
    const { port, server } = await startServer()
    const ended = server.close()
    await expect(RawClient.connect(port)).rejects.toMatchObject({ code: expect.stringMatching(/^ECONN/) })
    await ended
    await expect(RawClient.connect(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('a peer that never answers is dropped after closeTimeout', async () => {
    const { port, server, closed } = await startServer({ closeTimeout: 60 })
    const silent = await RawClient.open(port)
    await server.close()
    expect(await closed.next()).toMatchObject({ code: 1006 })
    expect((await silent.readFrame()).payload.readUInt16BE()).toBe(1001)
    await silent.readToEnd()
  })

  test('connections in their handshake are dropped', async () => {
    const { port, server } = await startServer()
    const client = await RawClient.connect(port)
    client.write(upgradeRequest().slice(0, 30))
    const answered = await RawClient.connect(port)
    answered.write('POST / HTTP/1.1\r\nHost: a\r\n\r\n')
    await answered.readResponse()
    await server.close()
    await client.readToEnd()
  })

  test('messages that come meanwhile are delivered', async () => {
    const { port, server, messages, closed } = await startServer()
    const client = await RawClient.open(port)
    const ended = server.close()
    expect((await client.readFrame()).opcode).toBe(OP.close)
    client.send('was on its way')
    client.write(encodeClose(1001))
    await ended
    expect((await messages.next()).data).toBe('was on its way')
    expect(await closed.next()).toMatchObject({ code: 1001 })
  })

  test('the same port can be served again at once, many times', async () => {
    const port = await freePorts(1)
    for (let i = 0; i < 30; i++) {
      const server = await serve({ port, host: '127.0.0.1', message: (socket, data) => void socket.send(data) })
      const client = await WsClient.open(`ws://127.0.0.1:${port}`)
      client.send(`${i}`)
      expect(await client.next()).toBe(`${i}`)
      await server.close()
    }
  })

  test('in a close handler, in open, and from the last socket', async () => {
    const ends = new Queue<string>()
    for (const when of ['open', 'close'] as const) {
      const server: Server = await start({
        [when]: () => void server.close().then(() => ends.push(when)),
      })
      const client = await RawClient.open(server.ports[0] as number)
      client.write(encodeClose(1000))
      expect(await ends.next()).toBe(when)
    }
  })

  test('a server that never had a connection', async () => {
    for (let i = 0; i < 20; i++) await (await start()).close()
  })
})

describe('signal', () => {
  test('abort closes the server as close() does', async () => {
    const controller = new AbortController()
    const { url, server } = await startServer({ signal: controller.signal })
    const client = await WsClient.open(url)
    controller.abort()
    expect((await client.closed).code).toBe(1001)
    await server.close()
    expect(server.connections).toBe(0)
  })

  test('one that has aborted already refuses to serve', async () => {
    const reason = new Error('not today')
    await expect(start({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const port = await freePorts(1)
    await expect(start({ port, signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' })
    await start({ port })
  })

  test('an abort after close does nothing', async () => {
    const controller = new AbortController()
    const server = await start({ signal: controller.signal })
    await server.close()
    controller.abort()
  })
})

test('Symbol.asyncDispose closes', async () => {
  const server = await start()
  expect(Symbol.asyncDispose).toBeTypeOf('symbol')
  await server[Symbol.asyncDispose]()
  await expect(RawClient.connect(server.ports[0] as number)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

describe('several servers in one process', () => {
  test('each has its own handlers, sockets and sums', async () => {
    const servers = await Promise.all(
      Array.from({ length: 5 }, (_, i) =>
        startServer<number>({
          upgrade: () => ({ data: i }),
          message: (socket) => void socket.send(`server ${socket.data}`),
        }),
      ),
    )
    for (const [i, { url, server }] of servers.entries()) {
      const client = await WsClient.open(url)
      client.send('who')
      expect(await client.next()).toBe(`server ${i}`)
      expect(server.connections).toBe(1)
    }
  })

  test('closing one leaves the others, and its number may be used again', async () => {
    const first = await startEcho()
    const second = await startEcho()
    const client = await WsClient.open(second.url)
    await first.server.close()
    const third = await startServer({ message: (socket) => void socket.send('third') })
    client.send('second')
    expect(await client.next()).toBe('second')
    const other = await WsClient.open(third.url)
    other.send('x')
    expect(await other.next()).toBe('third')
    expect(first.server.stats()).toMatchObject({ connections: 0, accepted: 0 })
  })
})

describe('stats', () => {
  test('count connections, messages and every byte', async () => {
    const { port, server, closed } = await startEcho()
    expect(server.stats()).toEqual({
      connections: 0,
      accepted: 0,
      refused: 0,
      messagesReceived: 0,
      messagesSent: 0,
      messagesDropped: 0,
      bytesReceived: 0,
      bytesSent: 0,
    })
    const client = await RawClient.connect(port)
    const request = upgradeRequest()
    client.write(request)
    const head = await client.readHead()
    const frames = ['a', 'b'.repeat(300), 'c'.repeat(70_000)].map((payload) => encodeFrame({ payload }))
    const ping = encodeFrame({ opcode: OP.ping, payload: 'x' })
    client.write(Buffer.concat([...frames, ping]))
    await client.readFrames(4)
    const clientBytes = request.length + Buffer.concat(frames).length + ping.length
    // What comes back has no mask.
    const serverBytes = head.raw.length + Buffer.concat(frames).length + ping.length - 4 * 4
    expect(server.stats()).toEqual({
      connections: 1,
      accepted: 1,
      refused: 0,
      messagesReceived: 3,
      messagesSent: 3,
      messagesDropped: 0,
      bytesReceived: clientBytes,
      bytesSent: serverBytes,
    })
    client.write(encodeClose())
    await closed.next()
    const refused = await RawClient.connect(port)
    refused.write(upgradeRequest({ key: 'bad' }))
    await refused.readResponse()
    expect(server.stats()).toMatchObject({ connections: 0, accepted: 1, refused: 1 })
    await server.close()
    expect(server.stats()).toMatchObject({ connections: 0, accepted: 1, refused: 1, messagesReceived: 3 })
  })
})

describe('the process', () => {
  test('ends when its servers are unref-ed, and not before', async () => {
    const { code, stdout } = await runChild(`
      const one = await serve({ port: 0, host: '127.0.0.1' })
      const two = await serve({ port: 0, host: '127.0.0.1' })
      one.unref().ref().unref()
      setTimeout(() => { log('alive'); two.unref() }, 50).unref()
      process.on('exit', () => log('exit'))
    `)
    expect([code, stdout]).toEqual([0, 'alive\nexit\n'])
  })

  test('ends when its servers are closed', async () => {
    const { code, stdout } = await runChild(`
      const server = await serve({ port: 0, host: '127.0.0.1' })
      const client = await dial(server)
      await server.close()
      await server.unref().ref().close()
      log('closed')
    `)
    expect([code, stdout]).toEqual([0, 'closed\n'])
  })

  test('lives until close() of an unref-ed server resolves', async () => {
    const { code, stdout } = await runChild(`
      const server = await serve({ port: 0, host: '127.0.0.1', closeTimeout: 100 })
      const silent = await dial(server)
      silent.pause()
      silent._socket.unref()
      server.unref()
      await server.close()
      log('closed')
    `)
    expect([code, stdout]).toEqual([0, 'closed\n'])
  })

  test('may end with connections open and data on its way', async () => {
    const { code, stderr } = await runChild(`
      const server = await serve({ port: 0, host: '127.0.0.1', open(socket) { for (let i = 0; i < 20; i++) socket.send(Buffer.alloc(1e6)) } })
      const client = await dial(server)
      client.pause()
      setTimeout(() => process.exit(3), 20)
    `)
    expect([code, stderr]).toEqual([3, ''])
  })

  test('warns once when it runs out of descriptors, and serves on when there are some again', async () => {
    const { stdout, stderr, code } = await runChild(
      `
      import { openSync, closeSync } from 'node:fs'
      import { Worker } from 'node:worker_threads'
      process.on('warning', (warning) => log(warning.name, warning.code))
      const server = await serve({ port: 0, host: '127.0.0.1', message: (socket, data) => void socket.send(data) })
      const first = await dial(server)
      const taken = []
      const waiting = []
      for (let i = 0; i < 3; i++) waiting.push(connect(server.ports[0], '127.0.0.1').on('error', () => {}))
      // They connect in the next tick; the server accepts once the event loop goes on, and finds no descriptor left.
      await new Promise((resolve) => process.nextTick(resolve))
      try { for (;;) taken.push(openSync('/dev/null')) } catch (error) { log(error.code) }
      await new Promise((resolve) => setTimeout(resolve, 150))
      first.send('still served')
      log(String((await once(first, 'message'))[0]))
      for (const fd of taken) closeSync(fd)
      const second = await dial(server)
      second.send('again')
      log(String((await once(second, 'message'))[0]))
      for (const socket of waiting) socket.destroy()
      first.terminate(); second.terminate()
      await server.close()
    `,
      ['--no-warnings'],
      64,
    )
    expect(stderr).toBe('')
    expect(stdout).toBe('EMFILE\nNtywsWarning EMFILE\nstill served\nagain\n')
    expect(code).toBe(0)
  })
})
