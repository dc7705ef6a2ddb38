// The opening handshake by hand: what is accepted however it is written and cut, and what each refusal looks like.

import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { encodeMessage } from '../support/frames.js'
import {
  acceptFor,
  type HttpResponse,
  RawClient,
  type RequestSpec,
  sampleAccept,
  sampleKey,
  upgradeRequest,
} from '../support/raw-client.js'
import { startEcho, startServer, type TestServer } from '../support/test-server.js'
import { transport } from '../support/transport.js'

async function ask(server: TestServer<unknown>, request: string | RequestSpec): Promise<HttpResponse> {
  const client = await RawClient.connect(server.port)
  client.write(typeof request === 'string' ? request : upgradeRequest(request))
  return client.readResponse()
}

async function expectAccepted(server: TestServer<unknown>, spec: RequestSpec): Promise<void> {
  const client = await RawClient.connect(server.port)
  client.write(upgradeRequest(spec))
  expect((await client.readHead()).status).toBe(101)
  client.send('hello')
  expect((await server.messages.next()).data).toBe('hello')
}

describe('accepted', () => {
  test('the sample of RFC 6455, with the answer it gives', async () => {
    const { port } = await startServer()
    const client = await RawClient.connect(port)
    client.write(upgradeRequest({ key: sampleKey }))
    const { statusLine, headers } = await client.readHead()
    expect(statusLine).toBe('HTTP/1.1 101 Switching Protocols')
    expect(headers).toEqual({ upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-accept': sampleAccept })
  })

  test('one byte at a time, frames behind it included', async () => {
    const server = await startEcho()
    const client = await RawClient.connect(server.port)
    await client.writeByteByByte(Buffer.concat([Buffer.from(upgradeRequest()), encodeMessage('slow')]))
    expect((await client.readHead()).status).toBe(101)
    expect((await client.readFrame()).payload.toString()).toBe('slow')
  })

  test('in two pieces, cut anywhere', async () => {
    const { port } = await startServer()
    const request = upgradeRequest()
    for (let cut = 1; cut < request.length; cut += 2) {
      const client = await RawClient.connect(port)
      client.write(request.slice(0, cut))
      await new Promise(setImmediate)
      client.write(request.slice(cut))
      expect((await client.readHead()).status, `cut at ${cut}`).toBe(101)
      client.socket.destroy()
    }
  })

  test.each<[string, RequestSpec]>([
    ['names in lower case', { headers: lowerCase() }],
    ['names in upper case', { headers: upperCase() }],
    ['Upgrade in any case', { headers: { Upgrade: 'WebSocket' } }],
    ['Upgrade as a list', { headers: { Upgrade: 'h2c, websocket' } }],
    ['Connection as a list, as Firefox sends it', { headers: { Connection: 'keep-alive, Upgrade' } }],
    ['Connection as a list without spaces', { headers: { Connection: 'keep-alive,UPGRADE,x' } }],
    ['white space around values', { headers: { Connection: ' \tUpgrade \t', Upgrade: '  websocket  ' } }],
    ['a body of no bytes', { headers: { 'Content-Length': '0' } }],
    ['an extension that is not spoken here', { headers: { 'Sec-WebSocket-Extensions': 'x-unknown; a=1' } }],
    ['a key whose first characters are =-like base64', { key: '+/+/+/+/+/+/+/+/+/+/+A==' }],
    ['98 further headers of 100', { headers: manyHeaders(95) }],
    ['a target of 8000 bytes', { target: `/${'x'.repeat(8000)}` }],
  ])('%s', async (_, spec) => {
    await expectAccepted(await startServer(), spec)
  })

  test('every key is answered with its own digest', async () => {
    const { port } = await startServer()
    for (const key of ['AAAAAAAAAAAAAAAAAAAAAA==', '////////////////////' + '//==', 'x3JJHMbDL1EzLkh9GBhXDw==']) {
      const client = await RawClient.connect(port)
      client.write(upgradeRequest({ key }))
      expect((await client.readHead()).headers['sec-websocket-accept']).toBe(acceptFor(key))
    }
  })
})

describe('refused, with a whole response and the end of the connection', () => {
  test.each<[string, number, string | RequestSpec]>([
    ['no key', 400, { headers: { 'Sec-WebSocket-Key': undefined } }],
    ['an empty key', 400, { key: '' }],
    ['a key of 15 bytes', 400, { key: 'AAAAAAAAAAAAAAAAAAAA' }],
    ['a key of 17 bytes', 400, { key: 'AAAAAAAAAAAAAAAAAAAAAAA=' }],
    ['a key without its padding', 400, { key: 'AAAAAAAAAAAAAAAAAAAAAAAA' }],
    ['a key that is no base64', 400, { key: 'AAAAAAAAAAA!AAAAAAAAAA==' }],
    ['two keys', 400, upgradeRequest().replace('\r\n\r\n', `\r\nSec-WebSocket-Key: ${sampleKey}\r\n\r\n`)],
    ['no Connection', 400, { headers: { Connection: undefined } }],
    ['Connection without the token', 400, { headers: { Connection: 'keep-alive' } }],
    ['Connection with a longer token', 400, { headers: { Connection: 'Upgrades' } }],
    ['no Host', 400, { headers: { Host: undefined } }],
    ['two Hosts', 400, upgradeRequest().replace('\r\n\r\n', '\r\nHost: other\r\n\r\n')],
    ['a body', 400, { headers: { 'Content-Length': '5' } }],
    ['HTTP/1.0', 400, { version: 'HTTP/1.0' }],
    ['HTTP/2.0', 505, { version: 'HTTP/2.0' }],
    ['no HTTP at all', 400, 'hello there\r\n\r\n'],
    ['a TLS hello', 400, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['a name with a space', 400, upgradeRequest({ headers: { 'bad name': 'x' } })],
    ['a value with a zero byte', 400, upgradeRequest({ headers: { a: 'x\0y' } })],
    ['lines that end in LF only', 400, upgradeRequest().replaceAll('\r\n', '\n')],
    ['a folded line', 400, upgradeRequest().replace('\r\n\r\n', '\r\na: b\r\n c\r\n\r\n')],
    ['a method other than GET', 405, { method: 'POST' }],
    ['HEAD', 405, { method: 'HEAD' }],
    ['version 12', 426, { headers: { 'Sec-WebSocket-Version': '12' } }],
    ['no version', 426, { headers: { 'Sec-WebSocket-Version': undefined } }],
    ['a version list', 426, { headers: { 'Sec-WebSocket-Version': '8, 13' } }],
    ['no upgrade', 426, { headers: { Upgrade: undefined, Connection: 'keep-alive' } }],
    ['another upgrade', 426, { headers: { Upgrade: 'h2c' } }],
    ['more than 100 headers', 431, { headers: manyHeaders(100) }],
    ['a head without end', 431, `GET / HTTP/1.1\r\nHost: a\r\nx: ${'y'.repeat(20_000)}`],
    ['a target without end', 431, `GET /${'y'.repeat(20_000)}`],
  ])('%s: %i', async (_, status, request) => {
    const server = await startServer()
    const response = await ask(server, request)
    expect(response.status).toBe(status)
    expect(response.statusLine).toMatch(/^HTTP\/1\.1 \d{3} [A-Z]/)
    expect(response.headers.connection?.toLowerCase()).toContain('close')
    expect(response.headers['content-length']).toBe(String(response.body.length))
    expect(response.body.length).toBeGreaterThan(0)
    expect(server.opened.size).toBe(0)
  })

  test('a refusal ends cleanly although the client sends more than is read', async () => {
    const { port } = await startServer()
    const client = await RawClient.connect(port)
    client.write(`GET /${'y'.repeat(300_000)}`)
    expect((await client.readResponse()).status).toBe(431)
    await client.readToEnd()
    client.write('z'.repeat(100_000)) // a server that had closed its descriptor would answer with a reset
    client.end()
    await once(client.socket, 'close')
    expect(client.error).toBeUndefined()
  })

  test('a wrong version is told the right one', async () => {
    const response = await ask(await startServer(), { headers: { 'Sec-WebSocket-Version': '99' } })
    expect(response.headers['sec-websocket-version']).toBe('13')
  })

  test('a plain GET is told what to upgrade to', async () => {
    const response = await ask(await startServer(), 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(response.headers).toMatchObject({ upgrade: 'websocket', 'sec-websocket-version': '13' })
  })

  test('a method is told which one is allowed', async () => {
    expect((await ask(await startServer(), { method: 'DELETE' })).headers.allow).toBe('GET')
  })

  test('one byte at a time', async () => {
    const { port } = await startServer()
    const client = await RawClient.connect(port)
    await client.writeByteByByte(upgradeRequest({ headers: { 'Sec-WebSocket-Version': '7' } }))
    expect((await client.readResponse()).status).toBe(426)
  })

  test('although bytes are still coming, the response arrives', async () => {
    const { port } = await startServer()
    const client = await RawClient.connect(port)
    client.write(Buffer.concat([Buffer.from(upgradeRequest({ method: 'POST' })), Buffer.alloc(1_000_000)]))
    expect((await client.readResponse()).status).toBe(405)
    client.end()
    await once(client.socket, 'close')
    expect(client.error).toBeUndefined() // a reset could have overtaken the response
  })

  test('a client that takes too long: 408', async () => {
    const server = await startServer({ handshakeTimeout: 50 })
    const client = await RawClient.connect(server.port)
    client.write('GET / HTTP/1.1\r\nHo')
    expect((await client.readResponse()).status).toBe(408)
    const silent = await RawClient.connect(server.port)
    expect((await silent.readResponse()).status).toBe(408)
    expect(server.server.stats()).toMatchObject({ accepted: 0, refused: 2, connections: 0 })
  })

  test('the time of the handshake does not count once it is done', async () => {
    const server = await startEcho({ handshakeTimeout: 50 })
    const client = await RawClient.open(server.port)
    const silent = await RawClient.connect(server.port)
    await silent.readResponse() // its 50 ms are over, and so are the client's
    client.send('still here')
    expect((await client.readFrame()).payload.toString()).toBe('still here')
  })

  test('a client that leaves in the middle of its head is forgotten', async () => {
    const server = await startServer()
    const client = await RawClient.connect(server.port)
    client.write('GET / HTTP/1.1\r\n')
    client.reset()
    await expect.poll(() => server.server.stats().refused).toBe(1)
    expect(server.opened.size).toBe(0)
  })
})

// Records have an overhead that is Node's to choose.
test.skipIf(transport.client)('bytes that come with the head are counted once', async () => {
  const { port, server, messages } = await startServer()
  const bytes = Buffer.concat([Buffer.from(upgradeRequest()), encodeMessage('early')])
  const client = await RawClient.connect(port)
  client.write(bytes)
  await messages.next()
  expect(server.stats().bytesReceived).toBe(bytes.length)
})

function lowerCase(): Record<string, string | undefined> {
  return respelled((name) => name.toLowerCase())
}

function upperCase(): Record<string, string | undefined> {
  return respelled((name) => name.toUpperCase())
}

function respelled(spell: (name: string) => string): Record<string, string | undefined> {
  const good: Record<string, string> = {
    Host: 'a',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': sampleKey,
  }
  return Object.fromEntries(
    Object.entries(good).flatMap(([name, value]) => [
      [name, undefined],
      [spell(name), value],
    ]),
  )
}

function manyHeaders(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-${i}`, 'y']))
}
