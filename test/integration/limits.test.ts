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

describe('limits on connections', () => {
  test('maxConnections refuses one more with 503, until one has gone', async () => {
    const server = await startServer({ maxConnections: 2 })
    const first = await RawClient.open(server.port)
    await RawClient.open(server.port)
    expect(await statusOf(server, upgradeRequest())).toBe(503)
    expect(server.server.stats()).toMatchObject({ connections: 2, accepted: 2, refused: 1 })
    first.socket.destroy()
    await server.closed.next()
    expect(await statusOf(server, upgradeRequest())).toBe(101)
  })

  // Once, any number could wait for their decision, and those accepted last were refused after all.
  test.each([
    ['maxConnections', 503],
    ['maxConnectionsPerAddress', 429],
  ])('%s counts those that wait for upgrade', async (limit, status) => {
    const decisions: ((result: boolean) => void)[] = []
    const server = await startServer({
      [limit]: 2,
      // From the fifth on it accepts at once.
      upgrade: () => decisions.length === 4 || new Promise<boolean>((resolve) => decisions.push(resolve)),
    })
    const open = await RawClient.connect(server.port)
    open.write(upgradeRequest())
    await expect.poll(() => decisions.length).toBe(1)
    decisions[0]?.(true)
    await server.opened.next()

    const waiting = await RawClient.connect(server.port)
    waiting.write(upgradeRequest())
    await expect.poll(() => decisions.length).toBe(2)
    expect(await statusOf(server, upgradeRequest())).toBe(status)
    expect(decisions.length).toBe(2)
    decisions[1]?.(true)
    expect((await waiting.readHead()).status).toBe(101)
    expect(await statusOf(server, upgradeRequest())).toBe(status)

    // However it ends, its place is free again.
    open.reset()
    await server.closed.next()
    const refused = await RawClient.connect(server.port)
    refused.write(upgradeRequest())
    await expect.poll(() => decisions.length).toBe(3)
    decisions[2]?.(false)
    expect((await refused.readResponse()).status).toBe(403)
    refused.end()
    await expect
      .poll(async () => {
        const leaving = await RawClient.connect(server.port)
        leaving.write(upgradeRequest())
        await expect.poll(() => decisions.length > 3 || leaving.unread > 0).toBe(true)
        leaving.reset()
        return decisions.length
      })
      .toBe(4)
    await expect.poll(() => statusOf(server, upgradeRequest())).toBe(101)
  })

  test('maxConnections does not count requests that are no upgrade', async () => {
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
