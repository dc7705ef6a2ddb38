// The garbage collector runs between any two steps: what C++ still needs survives it, and what nobody needs goes.

import { expect, test } from 'vitest'
import { collectUntil, runChild } from '../support/child.js'
import { FaultServer } from '../support/fault-server.js'
import { encodeClose, encodeFrame, OP } from '../support/frames.js'
import { RawClient, upgradeRequest } from '../support/raw-client.js'

const sizes = [0, 5, 1000, 1025, 8200, 65_535, 65_537, 6_000_000]

test('a collection before and after each handler, send, tick, microtask and timer spoils nothing', async () => {
  const server = await FaultServer.start(
    `(() => {
      setInterval(gc, 20).unref() // while something waits in queues, too
      const kept = []
      const send = (socket, data) => { gc(); socket.send(data); gc() }
      const options = {
        async upgrade(request) {
          gc()
          await new Promise((resolve) => setTimeout(resolve, 1))
          gc()
          return { data: { path: request.path }, protocol: request.protocols[0], headers: { 'X-Data': 'x'.repeat(2000) } }
        },
        open(socket) { socket.data.opened = true },
        message(socket, data) {
          if (data === 'still there?') return send(socket, data)
          kept.push(data)
          if (data !== 'all of it') {
            const copy = typeof data === 'string' ? Buffer.from(data).toString() : Buffer.from(data)
            return send(socket, copy) // which nobody holds but the outbox
          }
          process.nextTick(() => send(socket, 'tick'))
          Promise.resolve().then(() => send(socket, Buffer.alloc(100_000, 'microtask')))
          setTimeout(() => {
            send(socket, Buffer.alloc(100_000, 'timer'))
            for (const each of kept) send(socket, each)
            note(socket.data)
            socket.close(1000)
          }, 5)
        },
        ping(socket, data) { send(socket, data) },
        pong() {},
        drain() {},
        error() {},
        close() { gc() },
      }
      for (const name of ['open', 'message', 'ping', 'pong', 'drain', 'error', 'close']) {
        const handler = options[name]
        options[name] = (...args) => { gc(); handler(...args); gc() }
      }
      return options
    })()`,
    { nodeArguments: ['--expose-gc'] },
  )
  const client = await RawClient.connect(server.port)
  const messages = sizes.flatMap((size) => [
    encodeFrame({ opcode: OP.text, payload: 'é'.repeat(size >> 1) }),
    encodeFrame({ opcode: OP.text, payload: 'a'.repeat(size) }),
    encodeFrame({ opcode: OP.binary, payload: Buffer.alloc(size, `${size}`) }),
  ])
  const first = messages[1] as Buffer
  client.write(Buffer.concat([Buffer.from(upgradeRequest({ target: '/mine' })), first]))
  expect((await client.readHead()).status).toBe(101)
  client.write(Buffer.concat([...messages, encodeFrame({ opcode: OP.ping, payload: 'ping' })]))
  client.socket.pause() // more than the kernel holds has to wait
  await new Promise((resolve) => setTimeout(resolve, 200))
  client.socket.resume()
  const sent = [first, ...messages].map(payloadOf)
  const echoes = (await client.readFrames(sent.length + 2)).filter(({ opcode }) => opcode !== OP.pong)
  expect(echoes.map(({ payload }) => payload.toString()).sort()).toEqual([...sent, 'ping'].sort())
  client.send('all of it')
  expect((await client.readFrame()).payload.toString()).toBe('tick')
  expect((await client.readFrame()).payload.equals(Buffer.alloc(100_000, 'microtask'))).toBe(true)
  expect((await client.readFrame()).payload.equals(Buffer.alloc(100_000, 'timer'))).toBe(true)
  const kept = await client.readFrames(sent.length + 1)
  expect(kept.map(({ payload }) => payload.toString())).toEqual([...sent, 'all of it'])
  expect((await client.readFrame()).opcode).toBe(OP.close)
  client.write(encodeClose(1000))
  await client.readToEnd()
  client.socket.destroy()
  expect((await server.state()).notes).toEqual([{ path: '/mine', opened: true }])
  await server.expectRecovery()
  await server.expectEnd()
})

/** Of a masked frame of ours, which holds its key. */
function payloadOf(frame: Buffer): string {
  const size = (frame[1] as number) & 0x7f
  const start = size < 126 ? 6 : size === 126 ? 8 : 14
  const key = frame.subarray(start - 4, start)
  return Buffer.from(frame.subarray(start).map((byte, i) => byte ^ (key[i & 3] as number))).toString()
}

test('sockets that have closed are collected, with their data, whoever closed them', async () => {
  const { stdout, stderr, code } = await runChild(
    `
    ${collectUntil}
    const alive = []
    let closed = 0
    const server = await serve({
      port: 0, host: '127.0.0.1',
      upgrade: () => ({ data: { big: Buffer.alloc(10_000) } }),
      open(socket) { alive.push(new WeakRef(socket), new WeakRef(socket.data)) },
      message(socket, data) {
        if (data == 'close') socket.close(1000)
        if (data == 'terminate') socket.terminate()
        socket.send(Buffer.alloc(100_000)) // what was on its way must not hold it
      },
      close() { closed++ },
    })
    async function visit(i) {
      const client = await dial(server)
      if (i % 4 === 0) client.close()
      if (i % 4 === 1) client.terminate()
      if (i % 4 === 2) client.send('close')
      if (i % 4 === 3) client.send('terminate')
      await once(client, 'close')
    }
    for (let i = 0; i < 40; i++) await visit(i)
    while (closed < 40) await new Promise(setImmediate)
    const left = () => alive.filter((each) => each.deref()).length
    await collectUntil(() => left() === 0)
    log(alive.length, left())
    await server.close()
  `,
    ['--expose-gc'],
  )
  expect([stdout, stderr, code]).toEqual(['80 0\n', '', 0])
})

test('servers that have closed are collected, with their handlers', async () => {
  const { stdout, stderr, code } = await runChild(
    `
    ${collectUntil}
    const alive = []
    const controller = new AbortController()
    async function come() {
      const options = { port: 0, host: '127.0.0.1', signal: controller.signal, message(socket, data) { socket.send(data) } }
      const server = await serve(options)
      alive.push(new WeakRef(server), new WeakRef(options))
      const client = await dial(server)
      client.send('x')
      await once(client, 'message')
      await server.close()
    }
    for (let i = 0; i < 10; i++) await come()
    const left = () => alive.filter((each) => each.deref()).length
    await collectUntil(() => left() === 0)
    log(alive.length, left())
  `,
    ['--expose-gc'],
  )
  expect([stdout, stderr, code]).toEqual(['20 0\n', '', 0])
})
