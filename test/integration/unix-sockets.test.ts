// Unix sockets, for servers and clients alike.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type Server, serve } from 'ntyws'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { RawServer } from '../support/raw-server.js'
import { openConnection } from '../support/test-connection.js'

function freshPath(name = 'a b.sock'): string {
  const folder = mkdtempSync(join(tmpdir(), 'ntyws-unix-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return join(folder, name)
}

async function start(path: string): Promise<Server> {
  const server = await serve({
    path,
    message: (socket, data) => void socket.send(`${data} ${JSON.stringify([socket.remoteAddress, socket.localPort])}`),
  })
  onTestFinished(() => server.close())
  return server
}

test('our client and ws talk to our server, and the file goes with it', async () => {
  const path = freshPath('plain.sock') // ws does not decode its URL
  const server = await start(path)
  expect(server).toMatchObject({ host: path, ports: [] })
  const { socket, messages, closed } = await openConnection(`ws+unix://${path}:/chat?x`)
  socket.send('ours')
  expect(await messages.next()).toBe('ours ["",0]')
  expect(socket).toMatchObject({ remoteAddress: '', remotePort: 0, localPort: 0 })
  const other = new WebSocket(`ws+unix:${path}:/chat`)
  const reply = new Promise((resolve) => other.on('message', (data) => resolve(String(data))))
  other.on('open', () => other.send('theirs'))
  expect(await reply).toBe('theirs ["",0]')
  await server.close()
  expect((await closed.next()).code).toBe(1001)
  expect(existsSync(path)).toBe(false)
})

test('the request names path and query', async () => {
  const path = freshPath()
  const server = await RawServer.start({ path })
  for (const [url, line] of [
    [`ws+unix://${path}:/chat?room=1`, 'GET /chat?room=1 HTTP/1.1'],
    [`ws+unix://${path}`, 'GET / HTTP/1.1'],
  ] as const) {
    const opening = openConnection(url)
    const peer = await server.accept()
    const head = await peer.acceptUpgrade()
    expect(head.split('\r\n').slice(0, 2)).toEqual([line, 'Host: localhost'])
    await opening
  }
})

test('a socket that is there already is EADDRINUSE, in use or left behind, and so is a file', async () => {
  const path = freshPath()
  await start(path)
  await expect(serve({ path })).rejects.toMatchObject({ code: 'EADDRINUSE', address: path, syscall: 'listen' })
  await expect(serve({ path })).rejects.toThrow(`listen EADDRINUSE: address already in use (${path})`)
  await (await openConnection(`ws+unix://${path}:/`)).socket.terminate()
  const file = freshPath()
  writeFileSync(file, 'mine')
  await expect(serve({ path: file })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  expect(existsSync(file)).toBe(true)
})

test('no socket, or nobody behind it', async () => {
  const path = freshPath()
  await expect(connect(`ws+unix://${path}:/`)).rejects.toMatchObject({
    code: 'ENOENT',
    address: path,
    syscall: 'connect',
  })
  const server = createServer().listen(path)
  await new Promise((resolve) => server.once('listening', resolve))
  // Node removes the file when it closes: one that stays is what a crash leaves.
  server.close()
  writeFileSync(path, '')
  await expect(connect(`ws+unix://${path}:/`)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test.each(['', 'x'.repeat(108), 'a\0b', 7])('%j is no path', async (path) => {
  await expect(serve({ path: path as string })).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' })
})

test('a port and a path are one too many', async () => {
  await expect(serve({ path: freshPath(), port: 1 } as never)).rejects.toThrow(/a port or a path, not both/)
})
