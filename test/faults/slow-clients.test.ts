// Clients that take their time: with their head, with their frames, with bytes that they announce, with reading.

import { expect, test } from 'vitest'
import { FaultServer } from '../support/fault-server.js'
import { encodeFrame, encodeMessage, OP } from '../support/frames.js'
import { RawClient, upgradeRequest } from '../support/raw-client.js'

const MiB = 1024 * 1024

function openMany(count: number, server: FaultServer): Promise<RawClient[]> {
  return Promise.all(Array.from({ length: count }, () => RawClient.open(server.port)))
}

/** Somebody else is served meanwhile. */
async function expectService(server: FaultServer): Promise<void> {
  const client = await RawClient.open(server.port)
  client.send('me too')
  expect((await client.readFrame()).payload.toString()).toBe('me too')
  client.socket.destroy()
}

test('300 heads of a byte now and then are ended with 408', async () => {
  const server = await FaultServer.start('{ handshakeTimeout: 700 }')
  const clients = await Promise.all(Array.from({ length: 300 }, () => RawClient.connect(server.port)))
  const head = upgradeRequest()
  const ended = Promise.all(clients.map((client) => client.readResponse()))
  let sent = 0
  const dribble = setInterval(() => {
    const byte = head[sent++ % (head.length - 4)] as string
    for (const client of clients) if (!client.ended) client.write(byte)
  }, 10)
  await expectService(server)
  const responses = await ended
  clearInterval(dribble)
  expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([408]))
  for (const client of clients) client.socket.destroy()
  await server.expectRecovery()
  await server.expectEnd()
})

test('messages of thousands of one-byte frames come whole, and take the memory of their bytes', async () => {
  const server = await FaultServer.start()
  const clients = await openMany(20, server)
  const one = (opcode: number, fin: boolean) => encodeFrame({ opcode, fin, payload: 'x' })
  const nothing = encodeFrame({ opcode: OP.continuation, fin: false })
  const middle = Buffer.concat(Array.from({ length: 4998 }, () => one(OP.continuation, false)))
  const message = Buffer.concat([one(OP.text, false), middle, one(OP.continuation, true)])
  for (const client of clients) {
    client.write(one(OP.text, false))
    client.write(Buffer.concat(Array(5000).fill(nothing))) // they are free, and stay so
    client.write(one(OP.continuation, true))
    client.write(message)
  }
  await expectService(server)
  for (const client of clients) {
    expect((await client.readFrame()).payload.toString()).toBe('xx')
    expect((await client.readFrame()).payload.toString()).toBe('x'.repeat(5000))
  }
  expect((await server.state()).memory - server.calm.memory).toBeLessThan(32 * MiB)
  for (const client of clients) client.socket.destroy()
  await server.expectRecovery()
  await server.expectEnd()
})

test('one-byte frames in segments of one byte', async () => {
  const server = await FaultServer.start()
  const clients = await openMany(20, server)
  const bytes = Buffer.concat(Array.from({ length: 30 }, (_, i) => encodeMessage(String(i % 10))))
  await Promise.all(clients.map((client) => client.writeByteByByte(bytes)))
  for (const client of clients) {
    const echoes = await client.readFrames(30)
    expect(echoes.map(({ payload }) => payload.toString()).join('')).toBe('0123456789'.repeat(3))
  }
  for (const client of clients) client.socket.destroy()
  await server.expectRecovery()
  await server.expectEnd()
})

test('1 TB announced is refused at the header', async () => {
  const server = await FaultServer.start()
  const clients = await openMany(100, server)
  for (const client of clients) client.sendFrame({ opcode: OP.binary, announce: 2n ** 40n })
  for (const client of clients) {
    const close = await client.readFrame()
    expect([close.opcode, close.payload.readUInt16BE()]).toEqual([OP.close, 1009])
    client.socket.destroy()
  }
  expect((await server.state()).memory - server.calm.memory).toBeLessThan(16 * MiB)
  await server.expectRecovery()
  await server.expectEnd()
})

test('the most that may be announced costs nothing while nothing comes', async () => {
  const maxPayload = 512 * MiB - 25
  const server = await FaultServer.start(`{ maxPayload: ${maxPayload} }`)
  const clients = await openMany(100, server)
  for (const [i, client] of clients.entries()) {
    client.sendFrame({ opcode: OP.binary, fin: i % 2 === 0, announce: maxPayload })
    client.write('a few bytes')
  }
  await expectService(server)
  expect((await server.state()).memory - server.calm.memory).toBeLessThan(16 * MiB)
  for (const client of clients) client.socket.destroy()
  await server.expectRecovery()
  await server.expectEnd()
})

test('those who never read while we heed send() hold no more than the high-water mark each', async () => {
  const server = await FaultServer.start(`{
    message(socket, data) {
      if (data !== 'flood') return socket.send(data)
      while (socket.send(Buffer.alloc(40_000)));
    },
    drain(socket) {
      while (socket.send(Buffer.alloc(40_000)));
    },
  }`)
  const clients = await openMany(50, server)
  for (const client of clients) {
    client.socket.pause()
    client.send('flood')
  }
  // They take what the kernel holds for them, and then no more.
  let sent = 0
  await expect
    .poll(
      async () => {
        const before = sent
        sent = (await server.state()).messagesSent
        return sent - before
      },
      { interval: 100 },
    )
    .toBe(0)
  expect(sent).toBeGreaterThan(50)
  await expectService(server)
  // What they then ask for is not read, let alone answered.
  const more = Buffer.concat(Array(400).fill(encodeMessage('flood')))
  for (const client of clients) client.write(more)
  await expectService(server)
  expect((await server.state()).memory - server.calm.memory).toBeLessThan((50 * 0.25 + 100) * MiB)
  for (const client of clients) client.reset()
  await server.expectRecovery()
  await server.expectEnd()
})

test('those who never read while we do not heed send() are dropped at maxOutbound', async () => {
  const server = await FaultServer.start(`{
    maxOutbound: ${MiB},
    message(socket, data) {
      if (data !== 'flood') return socket.send(data)
      const flood = setInterval(() => {
        for (let i = 0; i < 10; i++) socket.send(Buffer.alloc(40_000))
        if (socket.readyState !== 1) clearInterval(flood)
      }, 5)
    },
  }`)
  const clients = await openMany(30, server)
  for (const client of clients) {
    client.socket.pause()
    client.send('flood')
  }
  let most = 0
  await expect
    .poll(
      async () => {
        await expectService(server)
        const { memory, connections } = await server.state()
        most = Math.max(most, memory)
        return connections
      },
      { timeout: 15_000 },
    )
    .toBe(0)
  expect(most - server.calm.memory).toBeLessThan((30 * 2 + 48) * MiB)
  for (const client of clients) client.socket.destroy()
  await server.expectRecovery()
  await server.expectEnd()
})
