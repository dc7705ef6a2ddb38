// Connections in numbers: thousands at once that are all reset, and more than there are descriptors for.

import { expect, test } from 'vitest'
import { runChild } from '../support/child.js'
import { FaultServer } from '../support/fault-server.js'

test('10,000 connections opened and reset at once', { timeout: 60_000 }, async () => {
  // Several ports, as the kernel holds some thousand connections for each.
  const server = await FaultServer.start("{ port: '0,0,0,0', backlog: 4096 }", { descriptors: 15_000 })
  const { stdout, stderr } = await runChild(
    `
    const ports = ${JSON.stringify(server.ports)}
    const head = 'GET / HTTP/1.1\\r\\nHost: a\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\n' +
      'Sec-WebSocket-Version: 13\\r\\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\\r\\n\\r\\n'
    const half = Buffer.from([0x82, 0xfe, 0xff]) // of a frame's header
    const begun = ['', head.slice(0, 40), head, head + half.toString('latin1')]
    for (let round = 0; round < 2; round++) {
      const sockets = Array.from({ length: 10_000 }, (_, i) => connect(ports[i % ports.length], '127.0.0.1'))
      await Promise.all(sockets.map((socket) => once(socket, 'connect')))
      sockets.forEach((socket, i) => socket.on('error', () => {}).write(begun[i >> 2 & 3], 'latin1'))
      if (round === 1) await Promise.all(sockets.filter((_, i) => i >> 2 & 2).map((socket) => once(socket, 'data')))
      for (const socket of sockets) socket.resetAndDestroy()
      log(sockets.length)
    }
  `,
    [],
    15_000,
  )
  expect([stdout, stderr]).toEqual(['10000\n10000\n', ''])
  await server.expectRecovery()
  expect((await server.state()).opened).toBeGreaterThan(5000)
  await server.expectEnd()
})

test('three times as many connections as descriptors are all served, in turn', async () => {
  const server = await FaultServer.start('{}', { descriptors: 120, nodeArguments: ['--no-warnings'] })
  const { stdout, stderr } = await runChild(`
    const turn = async (i) => {
      const client = new WebSocket('ws://127.0.0.1:${server.port}', { perMessageDeflate: false })
      client.on('open', () => client.send('mine ' + i))
      const [data] = await once(client, 'message')
      client.terminate() // makes room for one that waits
      return String(data) === 'mine ' + i
    }
    const served = await Promise.all(Array.from({ length: 300 }, (_, i) => turn(i)))
    log(served.filter(Boolean).length)
  `)
  expect([stdout, stderr]).toEqual(['300\n', ''])
  await server.expectRecovery()
  await server.expectEnd()
})
