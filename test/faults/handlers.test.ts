// Every handler does what handlers should not, and some that they should: throws, ends its own socket or those of others,
// closes the server or ends the process.

import { describe, expect, test } from 'vitest'
import { FaultServer } from '../support/fault-server.js'
import { closePayload, encodeFrame, OP } from '../support/frames.js'
import { RawClient, upgradeRequest } from '../support/raw-client.js'
import { plain, tls } from '../support/transport.js'

const handlers = [
  'upgrade',
  'handleProtocols',
  'request',
  'open',
  'message',
  'ping',
  'pong',
  'drain',
  'error',
  'close',
] as const

/** What each does; `socket` is undefined where there is none yet. */
const actions = {
  throw: "throw new Error('on purpose')",
  close: "socket?.close(1000, 'enough')",
  terminate: 'socket?.terminate()',
  'close, send and terminate': "socket?.close(); socket?.send('late'); socket?.terminate(); socket?.send('later')",
  'send to others': "for (const other of others(socket)) { other.send('hello'); other.send(Buffer.alloc(100_000)) }",
  'close others': "for (const other of others(socket)) other.close(1001, 'go')",
  'terminate others': 'for (const other of others(socket)) other.terminate()',
  'close the server': 'server.close()',
  'exit the process': 'process.exit(7)',
} as const
type Action = keyof typeof actions

/** Options whose handler does it the first time that it is called for the client that asks for /bad. */
function optionsOf(handler: string, action: Action): string {
  const isOpening = ['upgrade', 'handleProtocols', 'request'].includes(handler)
  return `(() => {
    let done = false
    let badPort
    const options = {
      closeTimeout: 50,
      highWaterMark: 1000,
      upgrade(request) {
        if (request.path === '/bad') badPort = request.remotePort
      },
      handleProtocols: () => 'chat',
      request: () => ({ status: 200, body: 'page' }),
      open() {},
      message(socket, data) {
        socket.send(data === 'overfill' ? Buffer.alloc(2000) : data)
      },
    }
    const usual = options.${handler}
    options.${handler} = (...args) => {
      const result = usual?.(...args)
      const subject = args.${isOpening ? 'at(-1)' : 'at(0)'}
      if (done || ${isOpening ? "subject.path !== '/bad'" : 'subject.remotePort !== badPort'}) return result
      done = true
      note('done')
      const socket = ${isOpening ? 'undefined' : 'subject'}
      ${actions[action]}
      return result
    }
    return options
  })()`
}

/** Brings every handler to be called, as far as the server goes along with it. */
async function misbehave(port: number): Promise<void> {
  const client = await RawClient.connect(port)
  const curious = await RawClient.connect(port)
  curious.write('GET /bad HTTP/1.1\r\nHost: a\r\n\r\n')
  curious.end()
  await curious.readToEnd()
  curious.socket.destroy()

  const head = Buffer.from(upgradeRequest({ target: '/bad', headers: { 'Sec-WebSocket-Protocol': 'chat' } }))
  const text = (payload: string) => encodeFrame({ payload })
  const control = (opcode: number) => encodeFrame({ opcode, payload: 'x' })
  // All in one turn.
  client.write(Buffer.concat([head, text('a'), control(OP.ping), control(OP.pong), text('overfill'), text('b')]))
  try {
    await client.readHead()
    await client.readFrames(4)
  } catch {
    // The server has ended it.
  }
  client.write(encodeFrame({ opcode: OP.close, payload: closePayload(999) }))
  await client.readToEnd()
  client.socket.destroy()
}

/** Nobody else notices, but for what was done to them. */
async function expectOnly(action: Action, server: FaultServer, misbehaves: () => Promise<void>): Promise<void> {
  const others = await Promise.all(Array.from({ length: 3 }, () => server.connect()))
  await misbehaves()
  if (action === 'exit the process') return server.expectExit(7)

  expect((await server.state()).notes).toEqual(['done'])
  const closes = action === 'close others' || action === 'close the server'
  for (const other of others) {
    if (closes) other.write(encodeFrame({ opcode: OP.close }))
    else other.end()
    const heard = await other.readToEnd()
    if (action === 'send to others') expect(heard.length).toBe(7 + 100_010)
    else if (!closes) expect(heard.length).toBe(0)
    other.socket.destroy()
  }
  if (action !== 'close the server') {
    await server.expectRecovery({ uncaught: action === 'throw' ? ['on purpose'] : [] })
  }
  await server.expectEnd()
}

describe.each(handlers)('%s', (handler) => {
  test.each(Object.keys(actions) as Action[])('may %s', async (action) => {
    const server = await FaultServer.start(optionsOf(handler, action))
    await expectOnly(action, server, () => misbehave(server.port))
  })
})

describe('tlsError', () => {
  test.each(Object.keys(actions) as Action[])('may %s', async (action) => {
    const over = await tls()
    const options = `{
      tls: ${JSON.stringify(over.server.tls)},
      tlsError() {
        note('done')
        const socket = undefined
        ${actions[action]}
      },
    }`
    const server = await FaultServer.start(options, { over })
    await expectOnly(action, server, async () => {
      const stranger = await RawClient.connect(server.port, '127.0.0.1', plain)
      stranger.write('no TLS at all')
      await stranger.readToEnd()
      stranger.socket.destroy()
    })
  })
})
