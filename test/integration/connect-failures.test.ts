// connect() that comes to nothing: why, as the error says it, and that nothing is left of it.

import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ConnectError, type ConnectOptions, connect } from 'ntyws'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { encodeFrame } from '../support/frames.js'
import { acceptance, type RawClient } from '../support/raw-client.js'
import { RawServer, unusedPort } from '../support/raw-server.js'
import { startServer } from '../support/test-server.js'

const openDescriptors = () => readdirSync('/proc/self/fd').length
const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

// Whatever fails, no descriptor of ours and no timer is left.
let timersBefore = 0
beforeEach(() => {
  timersBefore = timers()
})
afterEach(() => expect.poll(timers).toBeLessThanOrEqual(timersBefore))

async function failureOf(url: string | URL, options?: ConnectOptions): Promise<ConnectError> {
  const outcome = await connect(url, options).then(
    (socket) => {
      socket.terminate()
      return undefined
    },
    (error) => error,
  )
  expect(outcome).toBeInstanceOf(Error)
  return outcome as ConnectError
}

/** What comes of this answer. */
async function failureAfter(
  answer: string | Buffer | ((peer: RawClient, key: string) => unknown),
  options?: ConnectOptions,
): Promise<ConnectError> {
  const server = await RawServer.start()
  const failure = failureOf(server.url, options)
  const peer = await server.accept()
  const key = /Key: (.*)\r/.exec(await peer.readRequest())?.[1] as string
  if (typeof answer === 'function') await answer(peer, key)
  else peer.write(answer)
  const error = await failure
  expect(error).toMatchObject({ url: `${server.url}/`, address: '127.0.0.1', port: server.port })
  await peer.readToEnd() // we let go of the connection
  return error
}

describe('no connection', () => {
  test('a port that nobody listens on', async () => {
    const port = await unusedPort()
    const error = await failureOf(`ws://user:secret@127.0.0.1:${port}/x`)
    expect(error).toMatchObject({
      code: 'ECONNREFUSED',
      errno: -111,
      syscall: 'connect',
      address: '127.0.0.1',
      port,
      url: `ws://127.0.0.1:${port}/x`,
    })
    expect(error.message).toBe(`connect ws://127.0.0.1:${port}/x: ECONNREFUSED 127.0.0.1:${port}`)
    expect(error.stack).toMatch(/connect-error/)
  })

  test('several addresses: each has its error', async () => {
    const port = await unusedPort()
    const error = await failureOf(`ws://localhost:${port}`)
    expect(error.code).toBe('ECONNREFUSED')
    const tried = error.errors?.map(({ code, address }) => `${code} ${address}`) ?? []
    // Where the system resolves localhost to both.
    if (tried.length > 0) expect(tried.sort()).toEqual(['ECONNREFUSED 127.0.0.1', 'ECONNREFUSED ::1'])
  })

  test('a name that does not resolve', async () => {
    const error = await failureOf('ws://nowhere.invalid:81')
    expect(error).toMatchObject({ code: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/), url: 'ws://nowhere.invalid:81/' })
    expect(error.message).toContain('nowhere.invalid')
    expect(error.cause).toBeInstanceOf(Error)
  })

  test('a local address that is not ours', async () => {
    const { url } = await startServer()
    expect(await failureOf(url, { localAddress: '192.0.2.1' })).toMatchObject({ code: 'EADDRNOTAVAIL' })
  })
})

test('no message has the query of the URL', async () => {
  const port = await unusedPort()
  for (const host of ['127.0.0.1', 'nowhere.invalid']) {
    const error = await failureOf(`ws://u:secret@${host}:${port}/x?token=secret`)
    expect(error.url).toBe(`ws://${host}:${port}/x`)
    expect(error.stack).not.toContain('secret')
  }
  const { url } = await startServer({ upgrade: () => false })
  const refused = await failureOf(`${url}/x?token=secret`)
  expect(refused.message).toBe(`connect ${url}/x: the server refused the upgrade (403 Forbidden)`)
})

test.each<[string, ConnectOptions]>([
  ['a header’s value', { headers: { Authorization: 'secret\n' } }],
  ['a header of another type', { headers: { Authorization: { secret: 1 } as never } }],
  ['a line in place of a header’s name', { headers: { 'Authorization: secret': '' } }],
  ['headers', { headers: 'Authorization: secret' as never }],
  ['a subprotocol', { protocols: ['bearer', 'secret secret'] }],
  ['a subprotocol that is there twice', { protocols: ['secret', 'secret'] }],
  ['a proxy', { proxy: 'http://u:secret@x y' }],
  ['a proxy without a scheme', { proxy: 'user:secret@x:1' }],
  ['a proxy of another scheme', { proxy: 'secret:secret@x' }],
  ['a proxy whose user is not encoded', { proxy: 'http://u:%zzsecret@x' }],
  ['tls', { tls: { key: [{ secret: 'secret' } as never] } }],
])('no message has what is in %s', async (_, options) => {
  const error = await failureOf('wss://127.0.0.1:1/?secret', options)
  expect(error).toMatchObject({ name: 'TypeError', code: expect.stringMatching(/^ERR_INVALID_ARG_/) })
  expect(error.stack).not.toContain('secret')
})

describe('an answer that is none', () => {
  test.each([
    ['garbage', 'SSH-2.0-OpenSSH_9.2\r\n', 'WS_ERR_INVALID_RESPONSE'],
    ['a TLS alert', Buffer.from('15030100020228', 'hex'), 'WS_ERR_INVALID_RESPONSE'],
    ['another version', 'HTTP/2.0 101 x\r\n\r\n', 'WS_ERR_INVALID_RESPONSE'],
    ['a head that does not end', `HTTP/1.1 101 x\r\nX: ${'x'.repeat(20_000)}`, 'WS_ERR_RESPONSE_TOO_LONG'],
    ['too many fields', `HTTP/1.1 101 x\r\n${'X: x\r\n'.repeat(101)}`, 'WS_ERR_RESPONSE_TOO_LONG'],
    ['an end', (peer: RawClient) => peer.end(), 'WS_ERR_NO_RESPONSE'],
    [
      'an end in the middle of the head',
      (peer: RawClient) => {
        peer.write('HTTP/1.1 101 Switching')
        peer.end()
      },
      'WS_ERR_NO_RESPONSE',
    ],
    ['a reset', (peer: RawClient) => peer.reset(), 'ECONNRESET'],
  ] as const)('%s', async (_, answer, code) => {
    const error = await failureAfter(answer)
    expect(error.code).toBe(code)
    expect(error.status).toBeUndefined()
  })

  test('one byte at a time it is the same', async () => {
    const error = await failureAfter((peer) => peer.writeByteByByte('HTTP/1.1 1o1 x'))
    expect(error.code).toBe('WS_ERR_INVALID_RESPONSE')
  })
})

describe('an upgrade that is none', () => {
  test.each([
    ['no Upgrade', /^Upgrade: .*\r\n/m, '', 'WS_ERR_INVALID_UPGRADE_HEADER'],
    ['another Upgrade', /: websocket/, ': h2c', 'WS_ERR_INVALID_UPGRADE_HEADER'],
    ['no Connection', /^Connection: .*\r\n/m, '', 'WS_ERR_INVALID_CONNECTION_HEADER'],
    ['another Connection', /: Upgrade/, ': close', 'WS_ERR_INVALID_CONNECTION_HEADER'],
    ['no Sec-WebSocket-Accept', /^Sec.*\r\n/m, '', 'WS_ERR_INVALID_ACCEPT_HEADER'],
    [
      'a wrong Sec-WebSocket-Accept',
      /Accept: .*/,
      'Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
      'WS_ERR_INVALID_ACCEPT_HEADER',
    ],
    ['a subprotocol not asked for', /\r\n$/, 'Sec-WebSocket-Protocol: x\r\n\r\n', 'WS_ERR_UNREQUESTED_PROTOCOL'],
    ['an extension', /\r\n$/, 'Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n', 'WS_ERR_UNREQUESTED_EXTENSION'],
  ] as const)('%s', async (_, what, by, code) => {
    const error = await failureAfter((peer, key) => peer.write(acceptance(key).replace(what, by)))
    expect(error).toMatchObject({ code, status: 101, headers: {} })
  })

  test('none of the subprotocols offered', async () => {
    const error = await failureAfter((peer, key) => peer.write(acceptance(key)), { protocols: 'a' })
    expect(error.code).toBe('WS_ERR_NO_PROTOCOL')
  })
})

describe('a refusal', () => {
  const refusal = { code: 'WS_ERR_UPGRADE_REFUSED', status: 401 }

  test.each([
    ['with a length', 'Content-Length: 12\r\nWWW-Authenticate: Basic\r\n\r\nWho are you?'],
    [
      'in chunks',
      'Transfer-Encoding: chunked\r\nWWW-Authenticate: Basic\r\n\r\n4\r\nWho \r\n8\r\nare you?\r\n0\r\n\r\n',
    ],
  ])('has status, headers and body: %s', async (_, rest) => {
    const error = await failureAfter(`HTTP/1.1 401 Unauthorized\r\n${rest}`)
    expect(error).toMatchObject({ ...refusal, headers: { 'www-authenticate': 'Basic' } })
    expect(error.body?.toString()).toBe('Who are you?')
    expect(error.message).toContain('the server refused the upgrade (401 Unauthorized)')
  })

  test('without a length the body lasts to the end', async () => {
    const error = await failureAfter((peer) => {
      peer.write('HTTP/1.1 401\r\n\r\nto the ')
      peer.write('end')
      peer.end()
    })
    expect(error).toMatchObject(refusal)
    expect(error.body?.toString()).toBe('to the end')
  })

  test('a body that is broken off by a reset, or by time, is what came', async () => {
    const early = 'HTTP/1.1 401 x\r\nContent-Length: 100\r\n\r\nhalf'
    const late = await failureAfter(early, { handshakeTimeout: 100 })
    expect(late).toMatchObject(refusal)
    expect(late.body?.toString()).toBe('half')
  })

  test('no more than 64 KiB of a body are kept', async () => {
    const error = await failureAfter(`HTTP/1.1 401 x\r\n\r\n${'x'.repeat(100_000)}`)
    expect(error.body?.length).toBe(65_536)
  })

  test('our own server’s', async () => {
    const { url } = await startServer({ upgrade: () => ({ status: 418, headers: { 'X-Tea': 'pot' }, body: 'short' }) })
    const error = await failureOf(url)
    expect(error).toMatchObject({ code: 'WS_ERR_UPGRADE_REFUSED', status: 418, headers: { 'x-tea': 'pot' } })
    expect(error.body?.toString()).toBe('short')
  })

  test('Node’s http server’s', async () => {
    const server = createServer((_, response) => response.writeHead(404).end('no such page')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const error = await failureOf(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    expect(error).toMatchObject({ status: 404, body: Buffer.from('no such page') })
  })
})

describe('time', () => {
  test('a server that accepts and says nothing', async () => {
    const error = await failureAfter('', { handshakeTimeout: 50 })
    expect(error.code).toBe('WS_ERR_HANDSHAKE_TIMEOUT')
  })

  test('a server that does not accept', async () => {
    // Nobody takes a connection out of the queue, and it holds one or two.
    const { Server } = await import('node:net')
    const full = new Server().listen({ port: 0, host: '127.0.0.1', backlog: 1 })
    await once(full, 'listening')
    const { port } = full.address() as AddressInfo
    onTestFinished(() => void full.close())
    const error = await failureOf(`ws://127.0.0.1:${port}`, { handshakeTimeout: 50 })
    expect(error.code).toBe('WS_ERR_HANDSHAKE_TIMEOUT')
    expect(error.url).toBe(`ws://127.0.0.1:${port}/`)
  })
})

describe('redirects', () => {
  const redirect = (to: string, status = 302) => `HTTP/1.1 ${status} x\r\nLocation: ${to}\r\nContent-Length: 0\r\n\r\n`

  test('are not followed unless asked for', async () => {
    const error = await failureAfter(redirect('/elsewhere'))
    expect(error).toMatchObject({ code: 'WS_ERR_UPGRADE_REFUSED', status: 302, headers: { location: '/elsewhere' } })
  })

  test.each([301, 302, 303, 307, 308])('%i is followed, with credentials on the same server', async (status) => {
    const server = await RawServer.start()
    const connected = connect(`ws://u:p@127.0.0.1:${server.port}/a`, {
      followRedirects: true,
      headers: { Cookie: 'c' },
    })
    const first = await server.accept()
    await first.readRequest()
    first.write(redirect('/b?c', status))
    const second = await server.accept()
    const head = await second.acceptUpgrade()
    expect(head).toMatch(/^GET \/b\?c /)
    expect(head).toContain('Authorization: Basic')
    expect(head).toContain('Cookie: c')
    ;(await connected).terminate()
  })

  test('to another server no secrets go', async () => {
    const server = await RawServer.start()
    const other = await RawServer.start()
    const connected = connect(`ws://u:p@127.0.0.1:${server.port}/a`, {
      followRedirects: true,
      headers: { Cookie: 'c', Host: 'first', 'X-Kept': 'x', Authorization: 'secret' },
    })
    const first = await server.accept()
    await first.readRequest()
    first.write(redirect(`http://127.0.0.1:${other.port}/b`))
    const head = await (await other.accept()).acceptUpgrade()
    expect(head).not.toMatch(/authorization|cookie|first|secret/i)
    expect(head).toContain('X-Kept: x')
    ;(await connected).terminate()
  })

  // As curl does: scheme, host and port. ws keeps them on the way from ws: to wss:, where the host reads the same.
  test.each([
    ['another port', (_: number, other: number) => `http://127.0.0.1:${other}/`],
    ['another name', (_: number, other: number) => `http://localhost:${other}/`],
    ['user and password of its own', (_: number, other: number) => `http://its:own@127.0.0.1:${other}/`],
  ])('%s gets no secrets', async (_, location) => {
    const server = await RawServer.start()
    const other = await RawServer.start()
    const connected = connect(`ws://u:p@127.0.0.1:${server.port}/a`, {
      followRedirects: true,
      headers: { 'Proxy-Authorization': 'secret', cookie: 'secret' },
    })
    const first = await server.accept()
    expect(await first.readRequest()).toMatch(/secret/)
    const to = location(server.port, other.port)
    first.write(redirect(to))
    const head = await (await other.accept()).acceptUpgrade()
    expect(head).not.toMatch(/secret|cookie|Basic dTpw/i)
    expect(/^Authorization: (.*)\r$/m.exec(head)?.[1]).toBe(to.includes('@') ? 'Basic aXRzOm93bg==' : undefined)
    ;(await connected).terminate()
  })

  test('back at the first server they are not told again', async () => {
    const server = await RawServer.start()
    const other = await RawServer.start()
    const connected = connect(`ws://u:p@127.0.0.1:${server.port}/a`, {
      followRedirects: true,
      headers: { Cookie: 'c' },
    })
    const first = await server.accept()
    await first.readRequest()
    first.write(redirect(`http://127.0.0.1:${other.port}/`))
    const second = await other.accept()
    await second.readRequest()
    second.write(redirect(`http://127.0.0.1:${server.port}/`))
    expect(await (await server.accept()).acceptUpgrade()).not.toMatch(/^(cookie|authorization):/im)
    ;(await connected).terminate()
  })

  test.each(['ftp://u:secret@x/?secret', 'ws://u:secret@x:99999/?secret', 'user:secret@host', '/?secret#secret'])(
    'no secret of the Location %s is in the message',
    async (to) => {
      const server = await RawServer.start()
      const failure = failureOf(server.url, { followRedirects: true })
      const peer = await server.accept()
      await peer.readRequest()
      peer.write(redirect(to))
      const error = await failure
      expect(error.code).toBe('WS_ERR_INVALID_REDIRECT')
      expect(error.message + error.url).not.toContain('secret')
    },
  )

  test('an end of them', async () => {
    const server = await RawServer.start()
    const failure = failureOf(server.url, { followRedirects: true, maxRedirects: 2 })
    for (let i = 0; i < 3; i++) {
      const peer = await server.accept()
      await peer.readRequest()
      peer.write(redirect('/again'))
    }
    expect(await failure).toMatchObject({ code: 'WS_ERR_TOO_MANY_REDIRECTS', status: 302 })
  })

  test.each(['ftp://x/', 'http://', 'ws+unix:///run/secret.sock'])('to %s leads nowhere', async (to) => {
    const server = await RawServer.start()
    const failure = failureOf(server.url, { followRedirects: true })
    const peer = await server.accept()
    await peer.readRequest()
    peer.write(redirect(to))
    expect(await failure).toMatchObject({ code: 'WS_ERR_INVALID_REDIRECT' })
  })
})

describe('abort', () => {
  const reason = new Error('enough')

  async function aborted(url: string, when: (controller: AbortController) => unknown): Promise<void> {
    const controller = new AbortController()
    const events: string[] = []
    const before = openDescriptors()
    const outcome = connect(url, {
      signal: controller.signal,
      open: () => events.push('open'),
      close: () => events.push('close'),
    }).catch((error) => error)
    await when(controller)
    controller.abort(reason)
    expect(await outcome).toBe(reason)
    expect(events).toEqual([])
    await expect.poll(openDescriptors).toBeLessThanOrEqual(before)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(events).toEqual([])
  }

  test('before it begins', async () => {
    await expect(connect('ws://nowhere.invalid', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })

  test('while the name is looked up', () => aborted('ws://nowhere.invalid', () => {}))

  test('while connecting', async () => {
    const { port } = await startServer()
    await aborted(`ws://127.0.0.1:${port}`, () => {})
  })

  test('while a server that drops packets is connected to', () => aborted('ws://192.0.2.1', () => {}))

  test('in the upgrade', async () => {
    const server = await RawServer.start()
    let peer: RawClient | undefined
    await aborted(server.url, async () => {
      peer = await server.accept()
      await peer.readRequest()
      peer.write('HTTP/1.1 101 Swi')
      await new Promise((resolve) => setTimeout(resolve, 20))
      peer.socket.on('end', () => peer?.socket.destroy())
    })
  })

  test('in the tick in which it opens', async () => {
    const { url, server } = await startServer()
    for (let i = 0; i < 50; i++) {
      const controller = new AbortController()
      const outcome = connect(url, { signal: controller.signal }).catch((error) => error)
      setTimeout(() => controller.abort(reason), i / 20)
      const socket = await outcome
      if (socket !== reason) {
        if (socket.readyState === 1)
          await new Promise<void>((resolve) => controller.signal.addEventListener('abort', () => resolve()))
        expect(socket.readyState).toBe(3)
      }
    }
    await expect.poll(() => server.connections).toBe(0)
  })

  // In one turn: the handler of the first record breaks off the dial whose success is the second.
  test('by a handler, while the news that it is open are on their way', async () => {
    const server = await RawServer.start()
    const controller = new AbortController()
    const opened = connect(server.url, { message: () => controller.abort(reason) })
    const first = await server.accept()
    await first.acceptUpgrade()
    const socket = await opened
    let opens = 0
    const outcome = connect(server.url, { signal: controller.signal, open: () => opens++ }).catch((error) => error)
    const second = await server.accept()
    const key = /Key: (.*)\r/.exec(await second.readRequest())?.[1] as string
    first.write(encodeFrame({ payload: 'abort', masked: false }))
    second.write(acceptance(key))
    expect(await outcome).toBe(reason)
    await second.readToEnd()
    expect(opens).toBe(0)
    socket.terminate()
  })

  test('once it is open drops it', async () => {
    const { url, closed } = await startServer()
    const controller = new AbortController()
    const codes: number[] = []
    const socket = await connect(url, { signal: controller.signal, close: (_, code) => codes.push(code) })
    controller.abort()
    expect(socket.readyState).toBe(3)
    expect((await closed.next()).code).toBe(1006)
    await expect.poll(() => codes).toEqual([1006])
  })

  test('after its end does nothing, and the signal holds nothing', async () => {
    const { url } = await startServer({ open: (socket) => socket.close(1000) })
    const controller = new AbortController()
    const closed = new Promise((resolve) => {
      void connect(url, { signal: controller.signal, close: resolve })
    })
    await closed
    controller.abort()
  })
})

test('10,000 connects and disconnects leave no descriptor', {
  timeout: 120_000,
}, async () => {
  const { url, server } = await startServer()
  const port = await unusedPort()
  const round = async (count: number) => {
    await Promise.all(
      Array.from({ length: count }, async (_, i) => {
        if (i % 10 === 0) return failureOf(`ws://127.0.0.1:${port}`)
        return new Promise<void>((resolve, reject) => {
          connect(url, { close: () => resolve() }).then(
            (socket) => (i % 2 === 0 ? socket.close(1000) : socket.terminate()),
            reject,
          )
        })
      }),
    )
  }
  await round(200)
  await expect.poll(() => server.connections).toBe(0)
  await expect.poll(openDescriptors).toBeLessThan(200)
  const before = openDescriptors()
  for (let i = 0; i < 49; i++) await round(200)
  await expect.poll(() => server.connections).toBe(0)
  await expect.poll(openDescriptors, { timeout: 5000 }).toBeLessThanOrEqual(before)
  expect(server.stats().accepted).toBe(9000)
})
