// More than can be sent at once, on every way to send: a RangeError at the call, before anything is copied or begun. The
// buffers are of untouched memory, which costs nothing until it is read.

import { expect, test } from 'vitest'
import { runChild } from '../support/child.js'

const source = (tail: string) => `
  import { connect as dialOut } from 'ntyws'
  import { request } from 'node:http'
  const limit = 1024 ** 3
  const huge = Buffer.from(new ArrayBuffer(4 * limit))
  const rssBefore = process.memoryUsage.rss()
  const sizes = [limit + 1, 2 * limit, 4 * limit - 1, 4 * limit]
  const heard = []
  process.on('uncaughtException', ({ code, message }) => log(code, message))
  const server = await serve({
    port: 0,
    host: '127.0.0.1',
    perMessageDeflate: true,
    message: (socket, data) => void socket.send(data),
    request: () => ({ status: 200, body: huge }),
  })
  async function tryAll(name, send) {
    for (const size of sizes) {
      try {
        await send(huge.subarray(0, size))
        log(name, size, 'taken')
      } catch ({ name: error, code, message }) {
        if (error !== 'RangeError' || code !== 'ERR_OUT_OF_RANGE' || !message.includes(size)) log(name, error, code, message)
      }
    }
  }
  ${tail}
  await server.close()
  log(process.memoryUsage.rss() - rssBefore < 256 * 1024 ** 2)
`

test.each([false, true])('with compression: %s', async (perMessageDeflate) => {
  const { code, stdout, stderr } = await runChild(
    source(`
      let tell
      const socket = await dialOut('ws://127.0.0.1:' + server.ports[0], {
        perMessageDeflate: ${perMessageDeflate},
        message: (_, data, isBinary) => tell([data.toString(), isBinary].join()),
      })
      const answer = () => new Promise((resolve) => { tell = resolve })
      await tryAll('binary', (data) => socket.send(data))
      await tryAll('view', (data) => socket.send(new DataView(data.buffer, 0, data.length)))
      await tryAll('compressed', (data) => socket.send(data, { compress: true }))
      await tryAll('text', (data) => socket.send(data, { binary: false }))
      await tryAll('ping', (data) => socket.ping(data))
      await tryAll('pong', (data) => socket.pong(data))
      await tryAll('first fragment', (data) => socket.send(data, { fin: false }))
      await tryAll('first fragment of text', (data) => socket.send(data, { fin: false, binary: false }))
      // A message that has begun goes on behind what was refused.
      socket.send('a', { fin: false })
      await tryAll('fragment of text', (data) => socket.send(data, { fin: false }))
      socket.send('b')
      log(await answer())
      socket.send(Buffer.from('c'), { fin: false })
      await tryAll('fragment', (data) => socket.send(data, { fin: true }))
      socket.send('d')
      log(await answer())
      await tryAll('only piece', (data) => socket.sendStream((async function* () { yield data })()))
      const stream = socket.sendStream((async function* () {
        yield 'e'
        await tryAll('behind a stream', (data) => socket.send(data))
        yield 'f'
      })())
      log(await stream, await answer())
      socket.send('still open')
      log(await answer())
    `),
  )
  expect({ code, stderr, stdout }).toEqual({
    code: 0,
    stderr: '',
    stdout: 'ab,false\ncd,true\ntrue ef,false\nstill open,false\ntrue\n',
  })
})

test('by a server, and as the body of a response', async () => {
  const { code, stdout, stderr } = await runChild(
    source(`
      const other = await serve({ port: 0, host: '127.0.0.1', open: (socket) => tryAll('open', (data) => socket.send(data)) })
      const socket = await dialOut('ws://127.0.0.1:' + other.ports[0])
      socket.close()
      await other.close()
      const status = await new Promise((resolve) => request({ port: server.ports[0] }, ({ statusCode }) => resolve(statusCode)).end())
      log(status)
    `),
  )
  expect({ code, stderr, stdout }).toEqual({
    code: 0,
    stderr: '',
    stdout: 'ERR_OUT_OF_RANGE at most 1073741824 bytes can be sent at once, not 4294967296\n500\ntrue\n',
  })
})
