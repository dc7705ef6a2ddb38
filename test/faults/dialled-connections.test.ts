// What connections that were dialled keep alive, and what is left of them.

import { expect, test } from 'vitest'
import { collectUntil, runChild } from '../support/child.js'

const run = async (source: string, ...args: string[]) => {
  const { stdout, stderr, code } = await runChild(
    `import { connect as open, ReconnectingSocket } from 'ntyws'\n${source}`,
    args,
  )
  return [stdout, stderr, code]
}
const echo = `serve({ port: 0, host: '127.0.0.1', message(socket, data) { socket.send(data) } })`

test('a socket that nobody holds lives, with its handlers, while it is open', async () => {
  const outcome = await run(
    `
    const server = await ${echo}
    let received = 0
    const begin = () => open('ws://127.0.0.1:' + server.ports[0], {
      open(socket) { socket.send('x') },
      message(socket, data) { if (++received < 20) setTimeout(() => { gc(); socket.send(data) }, 1); else socket.close() },
      async close() { log(received); await server.close() },
    })
    await begin()
    gc()
  `,
    '--expose-gc',
  )
  expect(outcome).toEqual(['20\n', '', 0])
})

test('sockets and handlers that are done with are collected, whatever their end', async () => {
  const outcome = await run(
    `
    ${collectUntil}
    const server = await ${echo}
    const url = 'ws://127.0.0.1:' + server.ports[0]
    const controller = new AbortController()
    const alive = []
    async function dialOnce(i) {
      const closed = Promise.withResolvers?.() ?? {}
      closed.promise ??= new Promise((resolve) => { closed.resolve = resolve })
      const options = { signal: controller.signal, data: { big: Buffer.alloc(1000) }, close: () => closed.resolve() }
      alive.push(new WeakRef(options), new WeakRef(options.data))
      if (i % 4 === 3) return open('ws://127.0.0.1:1', options).catch(() => {})
      const socket = await open(url, options)
      alive.push(new WeakRef(socket))
      socket.send(Buffer.alloc(100_000))
      if (i % 4 === 0) socket.close()
      if (i % 4 === 1) socket.terminate()
      if (i % 4 === 2) server.connections, socket.close(4000, 'x')
      await closed.promise
    }
    for (let i = 0; i < 40; i++) await dialOnce(i)
    const left = () => alive.filter((each) => each.deref()).length
    await collectUntil(() => left() === 0)
    log(alive.length, left())
    await server.close()
  `,
    '--expose-gc',
  )
  expect(outcome).toEqual(['110 0\n', '', 0])
})

test('an open connection keeps the process going, and unref lets it end', async () => {
  const server = `
    const peers = await serve({ port: 0, host: '127.0.0.1' })
    const url = 'ws://127.0.0.1:' + peers.ports[0]
    peers.unref()
  `
  expect(
    await run(`${server}
    await open(url, { open(socket) { setTimeout(() => socket.close(), 50).unref() }, close: () => log('closed') })`),
  ).toEqual(['closed\n', '', 0])
  expect(
    await run(`${server}
    const socket = await open(url, { close: () => log('closed') })
    process.on('exit', () => log('state', socket.readyState))
    socket.unref()`),
  ).toEqual(['state 1\n', '', 0])
})

test('a dial that failed, or was broken off, lets the process end', async () => {
  expect(
    await run(`
    await open('ws://127.0.0.1:1').catch((error) => log(error.code))
    const controller = new AbortController()
    const outcome = open('ws://192.0.2.1', { signal: controller.signal }).catch((error) => log(error.name))
    controller.abort()
    await outcome
    const link = new ReconnectingSocket('ws://127.0.0.1:1', { connectError: () => link.close() })
  `),
  ).toEqual(['ECONNREFUSED\nAbortError\n', '', 0])
})

test('a worker that is terminated in the middle of dials and connections leaves the process sound', async () => {
  const outcome = await run(`
    import { Worker } from 'node:worker_threads'
    const server = await ${echo}
    const url = 'ws://127.0.0.1:' + server.ports[0]
    for (let i = 0; i < 5; i++) {
      const worker = new Worker(
        "import('ntyws').then(({ connect }) => { for (let i = 0; i < 50; i++) { connect('" + url + "', { message(s, d) { s.send(d) }, open(s) { s.send('x') } }).catch(() => {}); connect('ws://192.0.2.1').catch(() => {}) } })",
        { eval: true },
      )
      await new Promise((resolve) => setTimeout(resolve, 60 + 20 * i))
      await worker.terminate()
    }
    while (server.connections > 0) await new Promise(setImmediate)
    log('sound')
    await server.close()
  `)
  expect(outcome).toEqual(['sound\n', '', 0])
})
