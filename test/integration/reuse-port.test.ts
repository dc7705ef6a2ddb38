// reusePort: who may listen beside whom.

import { type ServeOptions, type Server, serve } from 'ntyws'
import { expect, onTestFinished, test } from 'vitest'
import { runChild } from '../support/child.js'
import { WsClient } from '../support/ws-client.js'

async function start(options: Partial<ServeOptions>): Promise<Server> {
  const server = await serve({ port: 0, host: '127.0.0.1', closeTimeout: 500, ...options })
  onTestFinished(() => server.close())
  return server
}

test('servers that set it share a port, and its connections', async () => {
  const first = await start({ reusePort: true })
  const second = await start({ reusePort: true, port: [...first.ports] })
  expect(second.ports).toEqual(first.ports)
  const clients = 100
  for (let i = 0; i < clients; i++) await WsClient.open(`ws://127.0.0.1:${first.ports[0]}`)
  expect(first.connections + second.connections).toBe(clients)
  expect(Math.min(first.connections, second.connections)).toBeGreaterThan(10)
})

test('when one closes, the other serves on', async () => {
  const first = await start({ reusePort: true })
  const second = await start({ reusePort: true, port: [...first.ports] })
  await first.close()
  for (let i = 0; i < 20; i++) await WsClient.open(`ws://127.0.0.1:${second.ports[0]}`)
  expect(second.connections).toBe(20)
})

test.each([
  [true, false],
  [false, true],
  [false, false],
])('of a first server with %s and a second with %s, the second fails', async (first, second) => {
  const { ports } = await start({ reusePort: first })
  await expect(start({ reusePort: second, port: [...ports] })).rejects.toMatchObject({
    code: 'EADDRINUSE',
    ports: [...ports],
  })
})

test('processes share a port', async () => {
  const server = await start({ reusePort: true })
  const { stdout, stderr } = await runChild(`
    const options = { host: '127.0.0.1', port: ${server.ports[0]} }
    await serve(options).catch((error) => log(error.code))
    const server = await serve({ ...options, reusePort: true })
    log(server.ports[0])
    await server.close()
  `)
  expect(stderr).toBe('')
  expect(stdout).toBe(`EADDRINUSE\n${server.ports[0]}\n`)
})
