// Processes that a server starts have none of its descriptors: a port is free when the server is gone, whoever lives on.

import { serve } from 'ntyws'
import { expect, test } from 'vitest'
import { FaultServer } from '../support/fault-server.js'
import { RawClient } from '../support/raw-client.js'

test.each(['spawn', 'fork'])('a child by %s inherits neither sockets nor the epoll instance', async (how) => {
  const server = await FaultServer.start(`{
    async message(socket, data) {
      if (data !== 'start') return socket.send(data)
      const { fork, spawn } = await import('node:child_process')
      const { readdirSync, readlinkSync } = await import('node:fs')
      const wait = 'setInterval(() => {}, 1000)'
      const child = '${how}' === 'spawn'
        ? spawn(process.execPath, ['-e', wait], { stdio: 'ignore' })
        : fork(process.argv[1], ['export default {}'], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
      child.unref()
      child.channel?.unref()
      const filesOf = (pid) => readdirSync('/proc/' + pid + '/fd').flatMap((fd) => {
        try { return [readlinkSync('/proc/' + pid + '/fd/' + fd)] } catch { return [] } // that of readdir itself
      }).filter((name) => name.startsWith('socket:') || name.includes('eventpoll'))
      await new Promise((resolve) => child.once('spawn', resolve))
      const sockets = filesOf('self').filter((name) => name.startsWith('socket:'))
      note({ pid: child.pid, sockets: sockets.length, inherited: filesOf(child.pid).filter((name) => sockets.includes(name)) })
      socket.send('started')
    },
  }`)
  const client = await RawClient.open(server.port)
  client.send('start')
  expect((await client.readFrame()).payload.toString()).toBe('started')
  const [{ pid, sockets, inherited }] = (await server.state()).notes as [
    { pid: number; sockets: number; inherited: string[] },
  ]
  try {
    expect(sockets).toBeGreaterThan(2) // the listening one, that of the client, the IPC channel
    expect(inherited).toEqual([])
    server.process.kill('SIGKILL')
    await server.exit
    await (await serve({ port: server.port, host: '127.0.0.1' })).close()
    process.kill(pid, 0) // it lives still
  } finally {
    process.kill(pid, 'SIGKILL')
  }
})
