// The handlers that have a say in the opening handshake: upgrade, handleProtocols, request.

import { type Request, type ServeOptions, serve, type UpgradeResult } from 'ntyws'
import { beforeAll, describe, expect, test } from 'vitest'
import { runChild } from '../support/child.js'
import { encodeMessage } from '../support/frames.js'
import { Queue } from '../support/queue.js'
import { type HttpResponse, RawClient, type RequestSpec, upgradeRequest } from '../support/raw-client.js'
import { startEcho, startServer } from '../support/test-server.js'
import { transport } from '../support/transport.js'
import { WsClient } from '../support/ws-client.js'

async function ask(port: number, request: string | RequestSpec = {}): Promise<HttpResponse> {
  const client = await RawClient.connect(port)
  client.write(typeof request === 'string' ? request : upgradeRequest(request))
  return client.readResponse()
}

const offer = (...protocols: string[]) => ({ headers: { 'Sec-WebSocket-Protocol': protocols.join(', ') } })

describe('what upgrade sees', () => {
  test('the whole request', async () => {
    const requests = new Queue<Request>()
    const { port } = await startServer({ upgrade: (request) => requests.push(request) })
    const client = await RawClient.open(port, {
      target: '/a%20path/?room=7&name=J%C3%B6rg&room=8',
      headers: {
        'X-Case': ' Kept As Is ',
        Cookie: 'a=1',
        'sec-websocket-protocol': 'chat, super-chat',
        'x-obs': '\xe9',
      },
    })
    const request = await requests.next()
    expect(request.method).toBe('GET')
    expect(request.url).toBe('/a%20path/?room=7&name=J%C3%B6rg&room=8')
    expect(request.path).toBe('/a%20path/')
    expect(request.query.getAll('room')).toEqual(['7', '8'])
    expect(request.query.get('name')).toBe('Jörg')
    expect(request.headers).toMatchObject({ host: '127.0.0.1', 'x-case': 'Kept As Is', cookie: 'a=1' })
    expect(request.protocols).toEqual(['chat', 'super-chat'])
    expect(request.remoteAddress).toBe('127.0.0.1')
    expect(request.remotePort).toBe(client.socket.localPort)
    expect(request.localPort).toBe(port)
  })

  test('fields that come several times, joined', async () => {
    const requests = new Queue<Request>()
    const { port } = await startServer({ upgrade: (request) => requests.push(request) })
    const client = await RawClient.connect(port)
    client.write(upgradeRequest().replace('\r\n\r\n', '\r\na: 1\r\nA: 2\r\n__proto__: x\r\nconstructor: y\r\n\r\n'))
    const { headers } = await requests.next()
    expect(headers.a).toBe('1, 2')
    expect(Object.keys(headers)).toContain('__proto__')
    expect(headers.constructor).toBe('y')
    expect(headers.toString).toBeUndefined()
  })
})

describe('what upgrade returns', () => {
  test.each<[string, () => UpgradeResult<undefined> | Promise<UpgradeResult<undefined>>]>([
    ['true', () => true],
    ['nothing', () => {}],
    ['an empty object', () => ({})],
    ['a promise of true', async () => true],
    ['a promise of nothing', async () => {}],
    ['a promise that takes its time', () => new Promise((resolve) => setImmediate(resolve))],
  ])('%s accepts', async (_, upgrade) => {
    const { port, messages } = await startEcho({ upgrade })
    const client = await RawClient.open(port)
    client.send('hi')
    expect((await messages.next()).socket.data).toBeUndefined()
    expect((await client.readFrame()).payload.toString()).toBe('hi')
  })

  test.each<[string, number, string, () => UpgradeResult<undefined> | Promise<UpgradeResult<undefined>>]>([
    ['false', 403, 'Forbidden\n', () => false],
    ['a promise of false', 403, 'Forbidden\n', async () => false],
    ['a status', 401, '', () => ({ status: 401 })],
    ['a status later', 503, 'later', async () => ({ status: 503, body: 'later' })],
  ])('%s refuses', async (_, status, body, upgrade) => {
    const { port, server, opened } = await startServer({ upgrade })
    expect(await ask(port)).toMatchObject({ status, body })
    expect(opened.size).toBe(0)
    expect(server.stats()).toMatchObject({ accepted: 0, refused: 1 })
  })

  // A thenable that is no Promise of this realm, as query builders return them, was once taken for an object that accepts.
  test('a thenable of false refuses', async () => {
    // biome-ignore lint/suspicious/noThenProperty: it is about such objects
    const thenable = { then: (resolve: (result: boolean) => void) => resolve(false) }
    const { port } = await startServer({ upgrade: () => thenable as unknown as Promise<boolean> })
    expect((await ask(port)).status).toBe(403)
  })

  test('a refusal with headers and a body of bytes', async () => {
    const { port } = await startServer({
      upgrade: () => ({
        status: 302,
        headers: { Location: '/login', 'Set-Cookie': ['a=1', 'b=2'], 'Content-Type': 'text/html' },
        body: Buffer.from('<p>ü</p>'),
      }),
    })
    const { status, headers, body } = await ask(port)
    expect(status).toBe(302)
    expect(headers).toMatchObject({ location: '/login', 'set-cookie': 'a=1, b=2', 'content-type': 'text/html' })
    expect(body).toBe('<p>ü</p>')
  })

  test('a refusal with a large body arrives whole', async () => {
    const { port } = await startServer({ upgrade: () => ({ status: 403, body: 'no '.repeat(500_000) }) })
    expect((await ask(port)).body.length).toBe(1_500_000)
  })

  test('data is on the socket from open to close', async () => {
    const { port, opened, messages, closed } = await startServer<{ name: string }>({
      upgrade: (request) => ({ data: { name: request.query.get('name') ?? '' } }),
    })
    const clients = await Promise.all(
      ['anna', 'bert', 'carla'].map((name) => RawClient.open(port, { target: `/?name=${name}` })),
    )
    expect((await opened.take(3)).map((socket) => socket.data.name).sort()).toEqual(['anna', 'bert', 'carla'])
    for (const [i, client] of clients.entries()) {
      client.send(`${i}`)
      expect((await messages.next()).socket.data.name).toBe(['anna', 'bert', 'carla'][i])
    }
    clients[1]?.reset()
    expect((await closed.next()).socket.data.name).toBe('bert')
  })

  test('headers are added to the acceptance', async () => {
    const { port } = await startServer({ upgrade: () => ({ headers: { 'X-One': '1', 'Set-Cookie': ['a', 'b'] } }) })
    const client = await RawClient.connect(port)
    client.write(upgradeRequest())
    const { status, headers } = await client.readHead()
    expect(status).toBe(101)
    expect(headers).toMatchObject({ 'x-one': '1', 'set-cookie': 'a, b' })
  })

  test('many that answer later, in any order, go each to its own client', async () => {
    const waiting: { id: string; accept: () => void }[] = []
    const { port, messages } = await startServer<string>({
      upgrade: (request) =>
        new Promise((resolve) => waiting.push({ id: request.path, accept: () => resolve({ data: request.path }) })),
    })
    const clients = await Promise.all(Array.from({ length: 20 }, () => RawClient.connect(port)))
    for (const [i, client] of clients.entries()) client.write(upgradeRequest({ target: `/${i}` }))
    await expect.poll(() => waiting.length).toBe(20)
    for (const { accept } of waiting.reverse()) accept()
    for (const [i, client] of clients.entries()) {
      expect((await client.readHead()).status).toBe(101)
      client.send('who am I')
      expect((await messages.next()).socket.data).toBe(`/${i}`)
    }
  })
})

describe('while upgrade makes up its mind', () => {
  test.each(['ends', 'resets'])('a client that %s is forgotten, and the late answer does nothing', async (how) => {
    let decide: (result: boolean) => void = () => {}
    const asked = new Queue<true>()
    const { port, server, opened } = await startServer({
      upgrade: () => {
        asked.push(true)
        return new Promise((resolve) => {
          decide = resolve
        })
      },
    })
    const client = await RawClient.connect(port)
    client.write(upgradeRequest())
    await asked.next()
    if (how === 'ends') client.end()
    else client.reset()
    await expect.poll(() => server.stats().refused).toBe(1)

    // Another client gets the same descriptor: the answer for the first must not reach it.
    const other = await RawClient.connect(port)
    const decideFirst = decide
    other.write(upgradeRequest())
    await asked.next()
    decideFirst(true)
    await new Promise(setImmediate)
    expect(opened.size).toBe(0)
    decide(false)
    expect((await other.readResponse()).status).toBe(403)
    expect(server.stats()).toMatchObject({ accepted: 0, refused: 2, connections: 0 })
  })

  test('frames that come are kept for later', async () => {
    let decide: (result: boolean) => void = () => {}
    const { port, messages } = await startEcho({
      upgrade: () =>
        new Promise((resolve) => {
          decide = resolve
        }),
      handshakeTimeout: 5000,
    })
    const client = await RawClient.connect(port)
    client.write(Buffer.concat([Buffer.from(upgradeRequest()), encodeMessage('with the head')]))
    await expect.poll(() => decide.length).toBe(1)
    client.send('behind it')
    await new Promise(setImmediate)
    expect(messages.size).toBe(0)
    decide(true)
    expect((await client.readHead()).status).toBe(101)
    expect((await client.readFrame()).payload.toString()).toBe('with the head')
    expect((await client.readFrame()).payload.toString()).toBe('behind it')
  })

  // Once it could wait for ever.
  test.each(['upgrade', 'request'] as const)('%s that never answers gives 503 after upgradeTimeout', async (name) => {
    const requests = new Queue<Request>()
    const { port, server } = await startServer({
      upgradeTimeout: 50,
      [name]: (request: Request) => {
        requests.push(request)
        return new Promise(() => {})
      },
    })
    const request = name === 'upgrade' ? upgradeRequest() : 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
    const { status, body } = await ask(port, request)
    expect([status, body]).toEqual([503, 'the server has not decided about the request in time\n'])
    expect(server.stats()).toMatchObject({ accepted: 0, refused: 1, connections: 0 })
    // Read only now, it knows what has been.
    const { signal } = await requests.next()
    expect(signal.aborted).toBe(true)
    expect(signal.reason).toMatchObject({ name: 'AbortError', code: 'WS_ERR_UPGRADE_TIMEOUT' })
  })

  test('there is time until upgradeTimeout, whatever handshakeTimeout is, or with 0 without end', async () => {
    for (const upgradeTimeout of [60_000, 0]) {
      const { port, opened } = await startServer({
        handshakeTimeout: 20,
        upgradeTimeout,
        upgrade: () => new Promise((resolve) => setTimeout(resolve, 100, true)),
      })
      await RawClient.open(port)
      await opened.next()
    }
  })

  test.each([
    ['the client ends', 'WS_ERR_CLIENT_LEFT', (client: RawClient) => client.end()],
    ['the client resets', 'WS_ERR_CLIENT_LEFT', (client: RawClient) => client.reset()],
    ['the time is over', 'WS_ERR_UPGRADE_TIMEOUT', undefined],
    ['the server closes', 'WS_ERR_SERVER_CLOSING', 'close'],
  ] as const)('when %s the signal aborts: %s', async (_, code, end) => {
    const requests = new Queue<Request>()
    const reasons = new Queue<unknown>()
    const { port, server, opened } = await startServer({
      ...(end === undefined && { upgradeTimeout: 50 }),
      upgrade: (request) =>
        new Promise((resolve) => {
          requests.push(request)
          request.signal.addEventListener('abort', () => {
            reasons.push(request.signal.reason)
            resolve(true) // too late
          })
        }),
    })
    const client = await RawClient.connect(port)
    client.write(upgradeRequest())
    const { signal } = await requests.next()
    expect(signal.aborted).toBe(false)
    if (end === 'close') void server.close()
    else end?.(client)
    expect(await reasons.next()).toMatchObject({ name: 'AbortError', code })
    await new Promise(setImmediate)
    expect(opened.size).toBe(0)
    expect(server.stats()).toMatchObject({ accepted: 0, refused: 1 })
  })

  test('the signal does not abort any more once the answer is given', async () => {
    const requests = new Queue<Request>()
    const { port, server, closed } = await startServer({
      upgradeTimeout: 50,
      upgrade: async (request) => {
        requests.push(request)
        void request.signal
      },
      request: (request) => {
        requests.push(request)
        return { status: 200 }
      },
    })
    const client = await RawClient.open(port)
    await ask(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await new Promise((resolve) => setTimeout(resolve, 100))
    client.reset()
    await closed.next()
    await server.close()
    expect((await requests.take(2)).map(({ signal }) => signal.aborted)).toEqual([false, false])
  })

  // The first's late answer was once kept in the place of the second's data.
  test("a late answer leaves the data of the slot's next connection alone", async () => {
    const decisions: ((result: UpgradeResult<string>) => void)[] = []
    const { port, server, opened } = await startServer<string>({
      upgrade: () => new Promise((resolve) => decisions.push(resolve)),
    })
    const first = await RawClient.connect(port)
    first.write(upgradeRequest())
    await expect.poll(() => decisions.length).toBe(1)
    first.reset()
    await expect.poll(() => server.stats().refused).toBe(1)
    const second = await RawClient.connect(port)
    second.write(upgradeRequest())
    await expect.poll(() => decisions.length).toBe(2)
    decisions[1]?.({ data: 'second' })
    decisions[0]?.({ data: 'first' })
    expect((await opened.next()).data).toBe('second')
  })

  test('a handler that stops for its signal surfaces nowhere, any other error does', async () => {
    const { stdout, stderr } = await runChild(`
      process.on('unhandledRejection', (error) => log('surfaced', error.message))
      const { setTimeout: sleep } = await import('node:timers/promises')
      const mistakes = [
        (signal) => sleep(100_000, true, { signal }),
        (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
        (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('mistake')))),
      ]
      for (const upgrade of mistakes) {
        const server = await serve({
          port: 0, host: '127.0.0.1', upgradeTimeout: 50, upgrade: ({ signal }) => upgrade(signal),
        })
        const client = new WebSocket('ws://127.0.0.1:' + server.ports[0])
        client.on('error', () => {})
        const [, response] = await once(client, 'unexpected-response')
        response.resume()
        log(response.statusCode)
        await server.close()
      }
    `)
    expect([stdout.trim().split('\n').sort(), stderr]).toEqual([['503', '503', '503', 'surfaced mistake'], ''])
  })

  test('the server can close', async () => {
    const asked = new Queue<true>()
    const { port, server } = await startServer({
      upgrade: () => {
        asked.push(true)
        return new Promise(() => {})
      },
    })
    const client = await RawClient.connect(port)
    client.write(upgradeRequest())
    await asked.next()
    await server.close()
    expect((await client.readToEnd()).length).toBe(0)
  })
})

describe('what upgrade does wrong gives the client 500 and surfaces', () => {
  const mistakes: [string, string, string][] = [
    ['throws', `() => { throw new Error('mistake') }`, 'uncaughtException mistake'],
    ['rejects', `async () => { throw new Error('mistake') }`, 'unhandledRejection mistake'],
    ['returns a number', '() => 7', 'uncaughtException upgrade returns'],
    ['returns null', '() => null', 'uncaughtException upgrade returns'],
    ['refuses by a name that is none', `() => ({ statusCode: 401 })`, 'uncaughtException upgrade accepts with { data'],
    ['has a body without a status', `() => ({ body: 'no' })`, 'uncaughtException upgrade accepts with'],
    ['returns an array', '() => []', 'uncaughtException upgrade accepts with'],
    ['has headers that are a Map', `() => ({ headers: new Map([['a', 'b']]) })`, 'uncaughtException headers must be'],
    ['has those of fetch', `() => ({ headers: new Headers({ a: 'b' }) })`, 'uncaughtException headers must be'],
    ['returns a wrong status', '() => ({ status: 99 })', 'uncaughtException the status'],
    ['names a protocol that was not offered', `() => ({ protocol: 'other' })`, 'uncaughtException the client offered'],
    [
      'breaks a header',
      `() => ({ headers: { a: 'b\\r\\nc: d' } })`,
      'uncaughtException a string of 7 characters is no value',
    ],
    ['breaks a header later', `async () => ({ headers: { a: 'b\\nc: d' } })`, 'unhandledRejection'],
    ['breaks a header name', `() => ({ headers: { 'a: b\\r\\nc': 'd' } })`, 'uncaughtException'],
    ['breaks the head of a refusal', `() => ({ status: 400, headers: { a: 'b\\r\\n' } })`, 'uncaughtException'],
    ['gives a header no value', `() => ({ headers: { a: undefined } })`, 'uncaughtException undefined is no value'],
    ['sets a header that is ours', `() => ({ headers: { Upgrade: 'x' } })`, 'uncaughtException the header field'],
  ]
  const outcomes: string[][] = []
  beforeAll(async () => {
    const { stdout, stderr, code } = await runChild(`
      let seen = []
      process.on('uncaughtException', (error) => seen.push('uncaughtException ' + error.message))
      process.on('unhandledRejection', (error) => seen.push('unhandledRejection ' + error.message))
      for (const upgrade of [${mistakes.map(([, upgrade]) => upgrade).join(',')}]) {
        const server = await serve({ port: 0, host: '127.0.0.1', upgrade })
        const client = new WebSocket('ws://127.0.0.1:' + server.ports[0], ['chat'])
        client.on('error', () => {})
        const [, response] = await once(client, 'unexpected-response')
        response.resume()
        log(JSON.stringify([...seen.splice(0), 'status ' + response.statusCode]))
        await server.close()
      }
    `)
    expect([code, stderr]).toEqual([0, ''])
    for (const line of stdout.trim().split('\n')) outcomes.push(JSON.parse(line))
  })

  test.each(mistakes.map(([what, , expected], index) => ({ what, expected, index })))(
    '$what',
    ({ expected, index }) => {
      expect(outcomes[index]).toEqual([expect.stringContaining(expected), 'status 500'])
    },
  )
})

describe('subprotocols', () => {
  test('by default it is the first offered', async () => {
    const { url, opened } = await startServer()
    const client = await WsClient.open(url, ['second-best', 'best'])
    expect(client.socket.protocol).toBe('second-best')
    expect((await opened.next()).protocol).toBe('second-best')
  })

  test('none offered is none chosen, and handleProtocols is not asked', async () => {
    const { port, opened } = await startServer({
      handleProtocols: () => {
        throw new Error('asked')
      },
    })
    await RawClient.open(port)
    expect((await opened.next()).protocol).toBe('')
  })

  test('handleProtocols chooses among the offered ones', async () => {
    const seen = new Queue<[Set<string>, string]>()
    const { url, opened } = await startServer({
      handleProtocols: (protocols, request) => {
        seen.push([protocols, request.path])
        return 'b'
      },
    })
    const client = await WsClient.open(`${url}/x`, ['a', 'b'])
    expect(client.socket.protocol).toBe('b')
    expect((await opened.next()).protocol).toBe('b')
    expect(await seen.next()).toEqual([new Set(['a', 'b']), '/x'])
  })

  test('handleProtocols refuses with false: 400', async () => {
    const { port } = await startServer({ handleProtocols: () => false })
    expect((await ask(port, offer('a'))).status).toBe(400)
  })

  test('handleProtocols may choose none', async () => {
    const { port } = await startServer({ handleProtocols: () => '' })
    const client = await RawClient.connect(port)
    client.write(upgradeRequest(offer('a')))
    expect((await client.readHead()).headers['sec-websocket-protocol']).toBeUndefined()
  })

  test("upgrade's own choice comes first", async () => {
    const { url } = await startServer({
      upgrade: () => ({ protocol: 'c' }),
      handleProtocols: () => 'b',
    })
    expect((await WsClient.open(url, ['a', 'b', 'c'])).socket.protocol).toBe('c')
  })

  test('upgrade without a choice leaves it to handleProtocols', async () => {
    const { url } = await startServer({ upgrade: () => true, handleProtocols: () => 'b' })
    expect((await WsClient.open(url, ['a', 'b'])).socket.protocol).toBe('b')
  })
})

describe('requests that are no upgrade', () => {
  const get = (target = '/') => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`

  test('are answered by the request handler', async () => {
    const { port, server } = await startServer({
      request: (request) => ({ status: 200, headers: { 'X-Path': request.path }, body: `you want ${request.url}` }),
    })
    const { statusLine, headers, body } = await ask(port, get('/page?x=1'))
    expect(statusLine).toBe('HTTP/1.1 200 OK')
    expect(headers['x-path']).toBe('/page')
    expect(body).toBe('you want /page?x=1')
    expect(server.stats()).toMatchObject({ refused: 0, accepted: 0 })
  })

  test('may be answered later', async () => {
    const { port } = await startServer({
      request: async () => {
        await new Promise(setImmediate)
        return { status: 204 }
      },
    })
    expect(await ask(port, get())).toMatchObject({ status: 204, body: '' })
  })

  test('upgrades go past it', async () => {
    const { port, opened } = await startServer({ request: () => ({ status: 200 }) })
    await RawClient.open(port)
    expect((await opened.next()).readyState).toBe(1)
  })

  test('a handler that throws gives 500', async () => {
    const { stdout } = await runChild(`
      process.on('uncaughtException', (error) => log('uncaught', error.message))
      const server = await serve({ port: 0, host: '127.0.0.1', request() { throw new Error('mistake') } })
      const response = await fetch('http://127.0.0.1:' + server.ports[0])
      log(response.status)
      await server.close()
    `)
    expect(stdout).toContain('uncaught mistake')
    expect(stdout).toContain('500')
  })
})

describe('origins', () => {
  const from = (...origins: string[]) => {
    const lines = origins.map((origin) => `Origin: ${origin}\r\n`).join('')
    return upgradeRequest().replace('\r\n\r\n', `\r\n${lines}\r\n`)
  }
  const statusFor = async (port: number, request: string) => {
    const client = await RawClient.connect(port)
    client.write(request)
    return (await client.readHead()).status
  }

  test('lets in those of the list, and clients without any, with or without upgrade', async () => {
    const asked = new Queue<string>()
    for (const upgrade of [undefined, ({ headers }: Request) => asked.push(headers.origin ?? 'none')]) {
      const { port, server } = await startServer({ origins: ['https://a.example'], ...(upgrade && { upgrade }) })
      expect(await statusFor(port, from('https://a.example'))).toBe(101)
      expect(await statusFor(port, from())).toBe(101)
      expect(await statusFor(port, from('https://evil.example'))).toBe(403)
      expect(await statusFor(port, from('null'))).toBe(403)
      expect(await statusFor(port, from(''))).toBe(403)
      expect(await statusFor(port, from('https://a.example', 'https://evil.example'))).toBe(403)
      expect(await statusFor(port, from('https://a.example', 'https://a.example'))).toBe(403)
      expect(server.stats()).toMatchObject({ accepted: 2, refused: 5 })
    }
    expect(await asked.take(2)).toEqual(['https://a.example', 'none'])
    expect(asked.size).toBe(0)
  })

  test('a function decides', async () => {
    const { port } = await startServer({ origins: (origin) => origin.endsWith('.a.example') })
    expect(await statusFor(port, from('https://x.a.example'))).toBe(101)
    expect(await statusFor(port, from('https://a.example'))).toBe(403)
  })

  test('are not about plain requests', async () => {
    const { port } = await startServer({ origins: [], request: () => ({ status: 200 }) })
    expect(await statusFor(port, 'GET / HTTP/1.1\r\nHost: a\r\nOrigin: https://evil.example\r\n\r\n')).toBe(200)
  })

  test('serve rejects a list with what is no origin', async () => {
    await expect(serve({ port: 0, origins: ['a.example'] })).rejects.toMatchObject({
      name: 'TypeError',
      code: 'ERR_INVALID_ARG_VALUE',
      message: "origins has 'a.example', which is none: 'https://host', 'https://host:port' or 'null'",
    })
  })

  test('a function that throws, or returns a promise, gives 500 and surfaces', async () => {
    const { stdout, stderr } = await runChild(`
      process.on('uncaughtException', (error) => log(error.message))
      for (const origins of [() => { throw new Error('mistake') }, async () => true]) {
        const server = await serve({ port: 0, host: '127.0.0.1', origins })
        const client = new WebSocket('ws://127.0.0.1:' + server.ports[0], { origin: 'https://a.example' })
        client.on('error', () => {})
        const [, response] = await once(client, 'unexpected-response')
        response.resume()
        log(response.statusCode)
        await server.close()
      }
    `)
    expect([stdout, stderr]).toEqual(['mistake\n500\norigins returns a boolean, not an object\n500\n', ''])
  })
})

test('handlers are called as methods of the options', async () => {
  const seen = new Queue<unknown>()
  const options: ServeOptions & { mine: number } = {
    port: 0,
    host: '127.0.0.1',
    closeTimeout: 50,
    ...transport.server,
    mine: 7,
    upgrade() {
      seen.push(this.mine)
    },
    open() {
      seen.push(this.mine)
    },
  }
  const server = await serve(options)
  await RawClient.open(server.ports[0] as number)
  expect(await seen.take(2)).toEqual([7, 7])
  await server.close()
})

test('what is on Object.prototype is in no answer and in no option of send', async () => {
  const { stdout, stderr } = await runChild(`
    Object.assign(Object.prototype, {
      status: 418, body: 'polluted', data: 'polluted', protocol: 'polluted', fin: false, binary: true, compress: true, open: 7,
      tls: { polluted: 1 }, perMessageDeflate: true, host: 7,
    })
    const server = await serve(Object.assign(Object.create(null), {
      port: 0, host: '127.0.0.1',
      upgrade: () => true,
      request: () => ({ status: 200, body: undefined }),
      message(socket, data) { socket.send(data, {}); socket.send('whole'); socket.data === undefined || log(socket.data) },
    }))
    const plain = await serve({ port: 0, host: '127.0.0.1' })
    const raw = connect(server.ports[0], '127.0.0.1')
    raw.write('GET / HTTP/1.1\\r\\nHost: x\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\n' +
      'Sec-WebSocket-Version: 13\\r\\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\\r\\n\\r\\n')
    let head = ''
    for await (const chunk of raw) {
      head += chunk.toString('latin1')
      if (!head.includes('\\r\\n\\r\\n')) continue
      if (head.endsWith('whole')) break
      raw.write(Buffer.from('818100000000' + '78', 'hex'))
    }
    log(head.slice(9, 12), Buffer.from(head.slice(head.indexOf('\\r\\n\\r\\n') + 4), 'latin1').toString('hex'))
    raw.destroy()
    await Promise.all([server.close(), plain.close()])
  `)
  expect([stdout, stderr]).toEqual([`101 8101788105${Buffer.from('whole').toString('hex')}\n`, ''])
})
