// An inbox of three records is full, and delivered, in the middle of nearly every receive. Whatever handlers end there, nothing
// more is said of a connection behind its end.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { connect, type ServeOptions, type Socket } from 'ntyws'
import { describe, expect, test, vi } from 'vitest'
import { seededChoices } from '../support/choices.js'
import { DeflateClient } from '../support/deflate-client.js'
import { closePayload, encodeFrame, OP } from '../support/frames.js'
import { RawClient, upgradeRequest } from '../support/raw-client.js'
import { startServer, type TestServer } from '../support/test-server.js'

vi.hoisted(() => {
  process.env.NTYWS_TEST_INBOX_RECORDS = '3'
})

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** How long the random one goes on. */
const stressMs = Number(process.env.NTYWS_STRESS_SECONDS ?? 1) * 1000

const manyTexts = Buffer.concat(Array.from({ length: 4097 }, () => encodeFrame({ payload: '' })))
const manyPings = Buffer.concat(Array.from({ length: 4097 }, () => encodeFrame({ opcode: OP.ping })))
const manyPongs = Buffer.concat(Array.from({ length: 4097 }, () => encodeFrame({ opcode: OP.pong })))

/** Each socket that opened has closed, once. */
async function expectAllClosed({ server, opened, closed }: TestServer<undefined>, count: number): Promise<void> {
  const sockets = new Set((await opened.take(count)).map((socket) => socket))
  const ended = (await closed.take(count)).map(({ socket }) => socket)
  expect(new Set(ended)).toEqual(sockets)
  expect(closed.size).toBe(0)
  expect(server.connections).toBe(0)
}

/** More than the kernel takes. */
const tooMuch = Buffer.alloc(8_000_000)

const ends = {
  terminated: (socket: Socket) => socket.terminate(),
  'dropped by the outbound policy'(socket: Socket) {
    socket.send(tooMuch, { compress: false })
    socket.send('more')
  },
  'closed and terminated'(socket: Socket) {
    socket.close()
    socket.terminate()
  },
}

describe.each(Object.entries(ends))('a connection that is %s by its handler', (_, end) => {
  const options: Partial<ServeOptions> = { outboundPolicy: 'close', highWaterMark: 1000 }

  test.each([
    ['message', manyTexts],
    ['ping', manyPings],
    ['pong', manyPongs],
  ] as const)('at its first %s, of thousands that came together', async (handler, frames) => {
    const test = await startServer({ ...options, [handler]: (socket: Socket) => void end(socket) })
    const client = await RawClient.open(test.port)
    client.write(frames)
    await client.readToEnd()
    await expectAllClosed(test, 1)
  })

  test('at its first message, of thousands behind its request', async () => {
    const test = await startServer({ ...options, message: (socket) => void end(socket) })
    const client = await RawClient.connect(test.port)
    client.write(Buffer.concat([Buffer.from(upgradeRequest()), manyTexts.subarray(0, 6000)]))
    await client.readToEnd()
    await expectAllClosed(test, 1)
  })

  test('at its first message, of many in little that was compressed', async () => {
    const test = await startServer({ ...options, perMessageDeflate: true, message: (socket) => void end(socket) })
    const client = await DeflateClient.open(test.port)
    client.raw.write(Buffer.concat(Array.from({ length: 100 }, () => client.encode('a'.repeat(100)))))
    await client.raw.readToEnd()
    await expectAllClosed(test, 1)
  })

  test('when it opens', async () => {
    const test = await startServer({ ...options, open: (socket) => void end(socket) })
    const clients = await Promise.all(Array.from({ length: 20 }, () => RawClient.connect(test.port)))
    for (const client of clients)
      client.write(Buffer.concat([Buffer.from(upgradeRequest()), manyPings.subarray(0, 600)]))
    for (const client of clients) await client.readToEnd()
    await expectAllClosed(test, 20)
  })
})

test('a microtask ends the connection whose messages are being delivered', async () => {
  const test = await startServer({ message: (socket) => void Promise.resolve().then(() => socket.terminate()) })
  const client = await RawClient.open(test.port)
  client.write(manyTexts)
  await client.readToEnd()
  await expectAllClosed(test, 1)
})

test('a handler ends all other connections, whose messages have come too', async () => {
  const sockets = new Set<Socket>()
  const test = await startServer({
    open: (socket) => void sockets.add(socket),
    message(socket) {
      for (const other of sockets) if (other !== socket) other.terminate()
      sockets.clear()
      sockets.add(socket)
    },
  })
  const clients = await Promise.all(Array.from({ length: 10 }, () => RawClient.open(test.port)))
  for (const client of clients) client.write(manyTexts)
  await Promise.all(clients.slice(1).map(() => test.closed.next()))
  for (const client of clients) client.reset()
  await test.closed.next()
  expect(test.closed.size).toBe(0)
})

test('a client aborts its signal at the first of many messages', async () => {
  const test = await startServer({
    open(socket) {
      for (let i = 0; i < 4097; i++) socket.send('')
    },
  })
  const controller = new AbortController()
  const closed = deferred<number>()
  await connect(test.url, {
    signal: controller.signal,
    message: () => controller.abort(),
    close: (_, code) => closed.resolve(code),
  })
  expect(await closed.promise).toBe(1006)
  await expectAllClosed(test, 1)
})

function deferred<T>() {
  let resolve!: (value: T) => void
  const promise = new Promise<T>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

test(
  'every handler ends some connection, at random, for a while',
  async () => {
    const { seed, random, pick } = seededChoices('1', 4)
    console.log(`SEED=${seed}`)
    const sockets = new Set<Socket>()
    const endOne = (self: Socket): void => {
      if (random(500) === 0) collectGarbage()
      const socket = random(2) === 0 ? self : pick([...sockets])
      pick([
        () => socket?.terminate(),
        () => socket?.close(1000, 'enough'),
        () => socket?.send(Buffer.alloc(random(100_000))),
        () => void Promise.resolve().then(() => socket?.terminate()),
        () => process.nextTick(() => socket?.close()),
        () => socket?.pause(),
        () => socket?.resume(),
        () => {},
      ])()
    }
    let opened = 0
    let closed = 0
    const test = await startServer({
      outboundPolicy: pick(['pause', 'drop', 'close']),
      highWaterMark: 1000,
      closeTimeout: 100,
      perMessageDeflate: { threshold: 0 },
      open(socket) {
        opened++
        sockets.add(socket)
        endOne(socket)
      },
      message: endOne,
      ping: endOne,
      pong: endOne,
      drain: endOne,
      error: endOne,
      close(socket) {
        closed++
        sockets.delete(socket)
        endOne(socket)
      },
    })
    const frames = [
      () => encodeFrame({ payload: 'x'.repeat(random(300)) }),
      () => encodeFrame({ opcode: OP.binary, payload: Buffer.alloc(random(3000)) }),
      () => encodeFrame({ opcode: OP.ping, payload: 'p' }),
      () => encodeFrame({ opcode: OP.pong }),
      () => encodeFrame({ fin: false, payload: 'a' }),
      () => encodeFrame({ opcode: OP.continuation, payload: 'b' }),
      () => encodeFrame({ opcode: OP.close, payload: closePayload(1000) }),
    ]
    const until = performance.now() + stressMs
    while (performance.now() < until) {
      const clients = await Promise.all(Array.from({ length: 8 }, () => RawClient.connect(test.port)))
      for (const client of clients) {
        const bytes = Array.from(
          { length: random(60) },
          () => (random(3) === 0 ? pick(frames)() : frames[0]?.()) as Buffer,
        )
        client.write(Buffer.concat([Buffer.from(upgradeRequest()), ...bytes]))
      }
      await new Promise(setImmediate)
      for (const client of clients) pick([() => client.end(), () => client.reset(), () => client.write(manyTexts)])()
      await new Promise((resolve) => setTimeout(resolve, random(5)))
      for (const client of clients) client.reset()
    }
    for (const socket of sockets) socket.resume()
    await vi.waitFor(() => expect(test.server.connections).toBe(0), 5000)
    await vi.waitFor(() => expect(closed).toBe(opened), 5000)
  },
  stressMs + 30_000,
)
