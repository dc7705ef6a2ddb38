// Unix sockets, for servers and clients alike.

import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { connect, type Server, serve } from 'ntyws'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { runChild } from '../support/child.js'
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

describe('close removes the file that it has made, and no other', () => {
  test('when the working directory has changed', async () => {
    const folder = dirname(freshPath())
    const { stdout, stderr } = await runChild(`
      import { existsSync, writeFileSync } from 'node:fs'
      process.chdir(${JSON.stringify(folder)})
      const server = await serve({ path: 'own.sock' })
      process.chdir('/')
      await server.close()
      log(existsSync(${JSON.stringify(join(folder, 'own.sock'))}))
    `)
    expect([stdout, stderr]).toEqual(['false\n', ''])
  })

  test('not another server’s socket', async () => {
    const path = freshPath()
    const first = await start(path)
    rmSync(path)
    await start(path)
    await first.close()
    ;(await openConnection(`ws+unix://${path}:/`)).socket.terminate()
  })

  test('not a file', async () => {
    const path = freshPath()
    const server = await start(path)
    rmSync(path)
    writeFileSync(path, 'mine')
    await server.close()
    expect(readFileSync(path, 'utf8')).toBe('mine')
  })

  test('not a link, be it to the socket itself', async () => {
    const path = freshPath()
    const server = await start(path)
    renameSync(path, `${path}.moved`)
    symlinkSync(`${path}.moved`, path)
    await server.close()
    expect(readlinkSync(path)).toBe(`${path}.moved`)
    expect(lstatSync(`${path}.moved`).isSocket()).toBe(true)
  })

  test('and does without one that is gone', async () => {
    const path = freshPath()
    const server = await start(path)
    rmSync(path)
    await server.close()
    expect(existsSync(path)).toBe(false)
  })
})

test.each(['x'.repeat(200), 'a%00b', '%ff', '%zz'])('the path %s of a URL is refused', async (path) => {
  await expect(connect(`ws+unix:///${path}:/`)).rejects.toMatchObject({
    name: 'TypeError',
    code: 'ERR_INVALID_ARG_VALUE',
  })
})

describe('redirects', () => {
  const secrets = { Authorization: 'secret', 'Proxy-Authorization': 'secret', Cookie: 'secret', 'X-Kept': 'x' }

  async function headAfter(location: string, other: RawServer, path: string): Promise<string> {
    const server = await RawServer.start({ path })
    const opening = openConnection(`ws+unix://${path}:/a/b?c`, { followRedirects: true, headers: secrets })
    const first = await server.accept()
    expect(await first.readRequest()).toMatch(/secret[\s\S]*secret[\s\S]*secret/)
    first.write(`HTTP/1.1 302 x\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`)
    const head = await (await other.accept()).acceptUpgrade()
    await opening
    return head
  }

  test('to localhost, whose Host reads the same, take no secrets along', async () => {
    const other = await RawServer.start()
    const head = await headAfter(`http://localhost:${other.port}/b`, other, freshPath('a.sock'))
    expect(head).not.toMatch(/secret/)
    expect(head).toContain('X-Kept: x')
  })

  test('to another Unix socket neither', async () => {
    const path = freshPath('b.sock')
    const other = await RawServer.start({ path })
    expect(await headAfter(`ws+unix://${path}:/b`, other, freshPath('a.sock'))).not.toMatch(/secret/)
  })

  test.each(['/d?e', '../d?e'])('to %s stay on the socket, and keep them', async (location) => {
    const path = freshPath('a.sock')
    const server = await RawServer.start({ path })
    const opening = openConnection(`ws+unix://${path}:/a/b?c`, { followRedirects: true, headers: secrets })
    const first = await server.accept()
    await first.readRequest()
    first.write(`HTTP/1.1 302 x\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`)
    const head = await (await server.accept()).acceptUpgrade()
    await opening
    expect(head).toMatch(/^GET \/d\?e HTTP/)
    expect(head).toMatch(/secret[\s\S]*secret[\s\S]*secret/)
  })

  test('to a path that is none are an error', async () => {
    const path = freshPath('a.sock')
    const server = await RawServer.start({ path })
    const failure = connect(`ws+unix://${path}:/`, { followRedirects: true }).catch((error) => error)
    const first = await server.accept()
    await first.readRequest()
    first.write(`HTTP/1.1 302 x\r\nLocation: ws+unix:///${'x'.repeat(200)}:/\r\nContent-Length: 0\r\n\r\n`)
    expect(await failure).toMatchObject({ code: 'WS_ERR_INVALID_REDIRECT' })
  })
})
