// What a server and a client of ours agree on about compression, and what they refuse.

import { connect, type PerMessageDeflateOptions } from 'ntyws'
import { describe, expect, test } from 'vitest'
import { DeflateClient } from '../support/deflate-client.js'
import { RawClient, upgradeRequest } from '../support/raw-client.js'
import { RawServer } from '../support/raw-server.js'
import { startServer } from '../support/test-server.js'

describe('the handshake of a server', () => {
  const pmd = 'permessage-deflate'
  const bothTwelve = `${pmd}; server_max_window_bits=12; client_max_window_bits=12`

  test.each([
    [`${pmd}; client_max_window_bits`, {}, bothTwelve],
    [pmd, {}, `${pmd}; server_max_window_bits=12`],
    [
      `${pmd};client_max_window_bits=10;server_max_window_bits=9`,
      {},
      `${pmd}; server_max_window_bits=9; client_max_window_bits=10`,
    ],
    [`${pmd}; client_max_window_bits="15"`, {}, bothTwelve],
    [pmd, { serverMaxWindowBits: 15 }, pmd],
    [pmd, { serverNoContextTakeover: true, serverMaxWindowBits: 15 }, `${pmd}; server_no_context_takeover`],
    [`${pmd}; server_max_window_bits=15`, { serverMaxWindowBits: 15 }, `${pmd}; server_max_window_bits=15`],
    [
      `x, ${pmd}; y, ${pmd}; client_no_context_takeover, ${pmd}`,
      {},
      `${pmd}; client_no_context_takeover; server_max_window_bits=12`,
    ],
    [`,, ${pmd},`, {}, `${pmd}; server_max_window_bits=12`],
  ])('%s with %j: %s', async (offer, perMessageDeflate, answer) => {
    const { port } = await startServer({ perMessageDeflate })
    expect((await DeflateClient.open(port, offer)).answer).toBe(answer)
  })

  test.each([
    'x-unheard-of',
    `${pmd}; server_max_window_bits`,
    `${pmd}; server_max_window_bits=16`,
    `${pmd}; server_max_window_bits=08`,
    `${pmd}; client_max_window_bits=7`,
    `${pmd}; server_no_context_takeover=1`,
    `${pmd}; client_max_window_bits; client_max_window_bits`,
    `${pmd}; memory=1`,
    `${pmd}2`,
  ])('an offer that cannot be met is left alone, and RSV1 is a fault then: %s', async (offer) => {
    const { port, opened } = await startServer({ perMessageDeflate: true })
    const client = await DeflateClient.open(port, offer)
    const socket = await opened.next()
    expect(client.answer).toBe('')
    socket.send('x'.repeat(5000), { compress: true })
    expect((await client.read()).isCompressed).toBe(false)
    client.send('x')
    expect((await client.raw.readFrame()).payload.readUInt16BE()).toBe(1002)
  })

  test.each([';', `${pmd};`, `${pmd}; =1`, `${pmd}; a=`, `${pmd} x`, `${pmd}; a="b`, `${pmd}; a="b c"`, 'a/b', 'a=b'])(
    'a malformed header is answered with 400: %s',
    async (offer) => {
      const { port, server } = await startServer({ perMessageDeflate: true })
      const client = await RawClient.connect(port)
      client.write(upgradeRequest({ headers: { 'Sec-WebSocket-Extensions': offer } }))
      const { status, body } = await client.readResponse()
      expect([status, body]).toEqual([400, expect.stringContaining('Sec-WebSocket-Extensions is malformed')])
      expect(server.stats()).toMatchObject({ refused: 1, accepted: 0 })
    },
  )

  test('without the option nothing of it is looked at', async () => {
    const { port } = await startServer()
    for (const offer of [pmd, ';']) expect((await DeflateClient.open(port, offer)).answer).toBe('')
  })
})

describe('the handshake of a client', () => {
  async function offerOf(perMessageDeflate: boolean | PerMessageDeflateOptions): Promise<string | undefined> {
    const server = await RawServer.start()
    const connecting = connect(server.url, { perMessageDeflate })
    const request = await (await server.accept()).acceptUpgrade()
    ;(await connecting).terminate()
    return /^Sec-WebSocket-Extensions: (.*)\r$/m.exec(request)?.[1]
  }

  test.each([
    [true, 'permessage-deflate; client_max_window_bits'],
    [
      { serverNoContextTakeover: true, clientNoContextTakeover: true, serverMaxWindowBits: 9, clientMaxWindowBits: 8 },
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits',
    ],
    [false, undefined],
  ])('%j offers %s', async (perMessageDeflate, offer) => {
    expect(await offerOf(perMessageDeflate)).toBe(offer)
  })

  test.each<[string, string, boolean | PerMessageDeflateOptions]>([
    ['WS_ERR_UNREQUESTED_EXTENSION', 'permessage-deflate', false],
    ['WS_ERR_UNREQUESTED_EXTENSION', 'x-unheard-of', true],
    ['WS_ERR_UNREQUESTED_EXTENSION', 'permessage-deflate, permessage-deflate', true],
    ['WS_ERR_INVALID_EXTENSIONS_HEADER', 'permessage-deflate;', true],
    ['WS_ERR_INVALID_EXTENSIONS_HEADER', 'permessage-deflate; unheard_of', true],
    ['WS_ERR_INVALID_EXTENSIONS_HEADER', 'permessage-deflate; client_max_window_bits', true],
    ['WS_ERR_INVALID_EXTENSIONS_HEADER', 'permessage-deflate; client_max_window_bits=16', true],
    ['WS_ERR_INVALID_EXTENSIONS_HEADER', 'permessage-deflate; server_max_window_bits=16', true],
    ['WS_ERR_INVALID_EXTENSIONS_HEADER', 'permessage-deflate', { serverNoContextTakeover: true }],
    ['WS_ERR_INVALID_EXTENSIONS_HEADER', 'permessage-deflate', { serverMaxWindowBits: 10 }],
    ['WS_ERR_INVALID_EXTENSIONS_HEADER', 'permessage-deflate; server_max_window_bits=11', { serverMaxWindowBits: 10 }],
  ])('%s: the answer %s to %j', async (code, answer, perMessageDeflate) => {
    const server = await RawServer.start()
    const failure = connect(server.url, { perMessageDeflate }).catch((error) => error)
    const peer = await server.accept()
    await peer.acceptUpgrade(`Sec-WebSocket-Extensions: ${answer}\r\n`)
    expect(await failure).toMatchObject({ code, status: 101 })
    await peer.readToEnd()
  })

  test.each([
    'permessage-deflate',
    'permessage-deflate; server_no_context_takeover',
    'permessage-deflate; client_no_context_takeover',
    'permessage-deflate; server_max_window_bits=8; client_max_window_bits=15',
  ])('the answer %s is taken', async (answer) => {
    const server = await RawServer.start()
    const connecting = connect(server.url, { perMessageDeflate: true })
    await (await server.accept()).acceptUpgrade(`Sec-WebSocket-Extensions: ${answer}\r\n`)
    const socket = await connecting
    expect(socket.responseHeaders?.['sec-websocket-extensions']).toBe(answer)
    socket.terminate()
  })
})
