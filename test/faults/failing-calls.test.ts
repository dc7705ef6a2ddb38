// Each system call of a conversation fails once, in each way that it can: the first, the second, and so on until none is
// left to fail.

import { expect, test } from 'vitest'
import { FailingCalls, type Fault, harmlessTransfers } from '../support/failing-calls.js'
import { FaultServer } from '../support/fault-server.js'
import { encodeClose, encodeFrame, encodeMessage, OP } from '../support/frames.js'
import { RawClient } from '../support/raw-client.js'

const options = `{
  closeTimeout: 300,
  message(socket, data) {
    if (data === 'close me') socket.close(1000, 'as you wish')
    else socket.send(data)
  },
}`
const large = Buffer.alloc(70_000, 'large')
const small = Array.from({ length: 20 }, (_, i) => Buffer.from([i]))

/** A refusal, and all that is sent over two connections, one ended by either side. @throws when a connection ends early */
async function converse(port: number): Promise<void> {
  const curious = await RawClient.connect(port)
  curious.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
  const { status } = await curious.readHead()
  expect(status).toBe(426)
  await curious.readToEnd()
  curious.socket.destroy()

  const client = await RawClient.open(port)
  client.write(Buffer.concat([encodeMessage('text'), encodeFrame({ opcode: OP.ping, payload: 'ping' })]))
  const first = await client.readFrames(2) // the pong does not wait for the handlers
  expect(first.map(({ payload }) => payload.toString()).sort()).toEqual(['ping', 'text'])
  client.send(large)
  expect((await client.readFrame()).payload.equals(large)).toBe(true)
  client.write(Buffer.concat(small.map((bytes) => encodeMessage(bytes))))
  expect((await client.readFrames(20)).map(({ payload }) => payload)).toEqual(small)
  client.write(Buffer.concat([encodeMessage(large), encodeMessage('behind it')]))
  expect((await client.readFrames(2)).map(({ payload }) => payload.length)).toEqual([large.length, 9])
  client.send('close me')
  const close = await client.readFrame()
  expect([close.opcode, close.payload.readUInt16BE()]).toEqual([OP.close, 1000])
  client.write(encodeClose(1000))
  await client.readToEnd()
  client.socket.destroy()

  const leaver = await RawClient.open(port)
  leaver.write(encodeClose(4000))
  const answer = await leaver.readFrame()
  expect([answer.opcode, answer.payload.readUInt16BE()]).toEqual([OP.close, 4000])
  await leaver.readToEnd()
  leaver.socket.destroy()
}

async function survives(port: number): Promise<boolean> {
  try {
    await converse(port)
    return true
  } catch (error) {
    if (/^the connection ended/.test((error as Error).message)) return false
    throw error
  }
}

/** @returns how many calls could be spoiled, and how many conversations survived that */
async function spoilEach(fault: Fault): Promise<{ spoiled: number; survived: number }> {
  const failing = new FailingCalls()
  // Without descriptors it warns, once.
  const server = await FaultServer.start(options, { ...failing.settings, nodeArguments: ['--no-warnings'] })
  const bystander = await RawClient.open(server.port)
  let survived = 0
  for (let n = 1; ; n++) {
    failing.spoil(fault, n)
    const whole = await survives(server.port)
    if (!failing.stop()) {
      bystander.socket.destroy()
      await server.expectRecovery()
      await server.expectEnd()
      return { spoiled: n - 1, survived }
    }
    if (whole) survived++
    await server.expectRecovery({ remaining: [bystander] })
  }
}

const harmless: Fault[] = [
  ...harmlessTransfers,
  { call: 'accept4', fault: 'fails', error: 'EAGAIN' },
  { call: 'accept4', fault: 'fails', error: 'EINTR' },
  { call: 'accept4', fault: 'fails', error: 'EMFILE' },
  { call: 'accept4', fault: 'fails', error: 'ENFILE' },
  { call: 'accept4', fault: 'fails', error: 'ENOBUFS' },
  { call: 'accept4', fault: 'fails', error: 'ENOMEM' },
]

test.each(harmless)('any $call that $fault ($error) does no harm', async (fault) => {
  const { spoiled, survived } = await spoilEach(fault)
  expect(spoiled).toBeGreaterThanOrEqual(fault.call === 'accept4' ? 3 : 8)
  expect(survived).toBe(spoiled)
})

const deadly: Fault[] = [
  { call: 'send', fault: 'dies', error: 'EPIPE' },
  { call: 'send', fault: 'dies', error: 'ECONNRESET' },
  { call: 'send', fault: 'dies', error: 'ETIMEDOUT' },
  { call: 'send', fault: 'fails', error: 'ENOBUFS' },
  { call: 'send', fault: 'fails', error: 'ENOMEM' },
  { call: 'recv', fault: 'dies', error: 'ECONNRESET' },
  { call: 'recv', fault: 'dies', error: 'ETIMEDOUT' },
  { call: 'recv', fault: 'fails', error: 'ENOMEM' },
  { call: 'accept4', fault: 'dies', error: 'ECONNABORTED' },
  { call: 'epoll_ctl', fault: 'fails', error: 'ENOMEM' },
  { call: 'epoll_ctl', fault: 'fails', error: 'ENOSPC' },
]

test.each(deadly)('any $call that $fault ($error) ends its connection and no other', async (fault) => {
  const { spoiled, survived } = await spoilEach(fault)
  expect(spoiled).toBeGreaterThanOrEqual(fault.call === 'send' || fault.call === 'recv' ? 8 : 3)
  expect(survived).toBeLessThan(spoiled)
})

test.each(['send', 'recv'] as const)('a %s that moves a byte, or nothing, each time', async (call) => {
  const failing = new FailingCalls()
  const server = await FaultServer.start(options, failing.settings)
  failing.spoil({ call, fault: 'crawls' }, 1)
  await converse(server.port)
  failing.stop()
  await server.expectRecovery()
  await server.expectEnd()
})
