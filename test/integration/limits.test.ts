// Limits on connections and requests.

import { describe, expect, test } from 'vitest'
import { RawClient, upgradeRequest } from '../support/raw-client.js'
import { startServer, type TestServer } from '../support/test-server.js'
import { WsClient } from '../support/ws-client.js'

async function statusOf({ port }: TestServer<undefined>, request: string): Promise<number> {
  const client = await RawClient.connect(port)
  client.write(request)
  return (await client.readHead()).status
}

describe('maxConnections', () => {
  test('refuses one more with 503, until one has gone', async () => {
    const server = await startServer({ maxConnections: 2 })
    const first = await RawClient.open(server.port)
    await RawClient.open(server.port)
    expect(await statusOf(server, upgradeRequest())).toBe(503)
    expect(server.server.stats()).toMatchObject({ connections: 2, accepted: 2, refused: 1 })
    first.socket.destroy()
    await server.closed.next()
    expect(await statusOf(server, upgradeRequest())).toBe(101)
  })

  test('holds for upgrades that are decided later', async () => {
    const decisions: (() => void)[] = []
    const server = await startServer({
      maxConnections: 1,
      upgrade: () => new Promise<boolean>((resolve) => decisions.push(() => resolve(true))),
    })
    const statuses = Promise.all([statusOf(server, upgradeRequest()), statusOf(server, upgradeRequest())])
    while (decisions.length < 2) await new Promise(setImmediate)
    for (const decide of decisions) decide()
    expect((await statuses).sort()).toEqual([101, 503])
  })

  test('does not count requests that are no upgrade', async () => {
    const server = await startServer({ maxConnections: 1, request: () => ({ status: 200 }) })
    await RawClient.open(server.port)
    expect(await statusOf(server, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')).toBe(200)
  })
})

test('maxConnectionsPerAddress refuses one more of an address with 429, and takes others', async () => {
  const server = await startServer({ maxConnectionsPerAddress: 1 })
  const from = (localAddress: string) => WsClient.open(server.url, [], { localAddress })
  const first = await from('127.0.0.2')
  await expect(from('127.0.0.2')).rejects.toThrow('429')
  expect((await server.opened.next()).remoteAddress).toBe('127.0.0.2')
  await from('127.0.0.3')
  first.socket.close()
  await first.closed
  await from('127.0.0.2')
})

test.each([
  ['maxHeaderSize', { maxHeaderSize: 300 }, { 'X-Long': 'y'.repeat(300) }],
  ['maxHeadersCount', { maxHeadersCount: 6 }, { 'X-A': 'a', 'X-B': 'b' }],
])('%s refuses more with 431', async (_, options, headers) => {
  const server = await startServer(options)
  expect(await statusOf(server, upgradeRequest())).toBe(101)
  expect(await statusOf(server, upgradeRequest({ headers }))).toBe(431)
})
