// What compression takes of memory, by what a process of its own holds. It is not for a sanitizer's run, as its allocator keeps
// what was freed.

import { expect, test } from 'vitest'
import { runChild } from '../support/child.js'

test('200 bombs at once: all are decompressed, in bounded memory, and others are served meanwhile', async () => {
  const { stdout, stderr, code } = await runChild(`
    import { deflateRawSync, constants } from 'node:zlib'
    const size = 16 * 2 ** 20
    let most = 0
    const server = await serve({
      port: 0,
      host: '127.0.0.1',
      perMessageDeflate: { threshold: 0 },
      message(socket, data) {
        socket.send(String(data.length))
        most = Math.max(most, process.memoryUsage.rss())
      },
    })
    const offer = { 'Sec-WebSocket-Extensions': 'permessage-deflate' }
    const attacker = new WebSocket('ws://127.0.0.1:' + server.ports[0], { perMessageDeflate: true })
    await once(attacker, 'open')
    const bystander = await dial(server)
    const order = []
    bystander.on('message', (data) => order.push('bystander'))
    attacker.on('message', (data) => order.push(String(data)))

    // Frames by hand, as ws would compress one after the other. The masking key is 0.
    const data = deflateRawSync(Buffer.alloc(size), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)
    const head = Buffer.from([0xc2, 0xfe, data.length >> 8, data.length & 255, 0, 0, 0, 0])
    const bomb = Buffer.concat([head, data])
    attacker._socket.write(Buffer.alloc(200 * bomb.length, bomb))
    bystander.send('ping')
    while (order.length < 201) await new Promise(setImmediate)
    log(data.length < 65536, order.filter((each) => each === String(size)).length)
    log(order.indexOf('bystander') < 100 || order.indexOf('bystander'))
    log(most < 600e6 || most)
    attacker.terminate()
    bystander.terminate()
    await server.close()
  `)
  expect([stdout, stderr, code]).toEqual(['true 200\ntrue\ntrue\n', '', 0])
})

test.each([
  ['with windows of their own', {}],
  ['without', { serverNoContextTakeover: true, clientNoContextTakeover: true }],
])('2,000 compressed connections %s leave nothing', { timeout: 60_000 }, async (_, options) => {
  const { stdout, stderr, code } = await runChild(
    `
    import { connect as open } from 'ntyws'
    const perMessageDeflate = { threshold: 0, ...${JSON.stringify(options)} }
    const server = await serve({
      port: 0,
      host: '127.0.0.1',
      perMessageDeflate,
      message: (socket, data) => void socket.send(data),
    })
    const url = 'ws://127.0.0.1:' + server.ports[0]
    const text = JSON.stringify(Array.from({ length: 200 }, (_, i) => ({ id: i, name: 'name ' + i })))
    async function twenty() {
      const echoes = Array.from({ length: 20 }, async (_, i) => {
        let echoed
        const socket = await open(url, { perMessageDeflate, message: (_, data) => echoed(data) })
        for (let j = 0; j < 3; j++) {
          const echo = await new Promise((resolve) => {
            echoed = resolve
            socket.send(text)
          })
          if (echo !== text) log('a wrong echo')
        }
        i % 2 ? socket.terminate() : socket.close(1000)
      })
      await Promise.all(echoes)
      while (server.connections > 0) await new Promise(setImmediate)
    }
    async function connections(count) {
      for (let i = 0; i < count; i += 20) {
        await twenty()
        if (i % 200 === 0) gc() // or V8's heap grows meanwhile, and leaves holes where it was
      }
      gc(), gc()
      const { rss, heapTotal } = process.memoryUsage()
      return rss - heapTotal // V8 takes more for its heap, and less, as it likes
    }
    const before = await connections(400)
    const after = await connections(2000)
    // Their windows would be more than 100 KB for each: 200 MB.
    log(after - before < 20e6 || [before, after])
    await server.close()
  `,
    ['--expose-gc'],
  )
  expect([stdout, stderr, code]).toEqual(['true\n', '', 0])
})
