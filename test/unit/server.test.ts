// What serve() refuses, and how it says so; what a server does is in test/integration/servers.test.ts.

import { expect, test } from 'vitest'
import { serve } from '../../lib/server/server.js'
import { servers } from '../../lib/turn/registry.js'
import { startServer } from '../support/test-server.js'

test.each<[unknown, string]>([
  [undefined, 'ERR_INVALID_ARG_TYPE'],
  [{ port: 0, message: 7 }, 'ERR_INVALID_ARG_TYPE'],
  [{ port: 'x' }, 'ERR_INVALID_ARG_VALUE'],
  [{ port: 0, maxPayload: 0 }, 'ERR_OUT_OF_RANGE'],
])('%j is refused by rejection, not by throwing', async (options, code) => {
  await expect(serve(options as never)).rejects.toMatchObject({ code })
})

test('a server that cannot listen leaves nothing', async () => {
  const { port } = await startServer()
  const before = servers.filter(Boolean).length
  await expect(serve({ port, host: '127.0.0.1' })).rejects.toMatchObject({ code: 'EADDRINUSE', port })
  expect(servers.filter(Boolean).length).toBe(before)
})

test('a server of no host has IPv6 and IPv4, or says what it has', async () => {
  const server = await serve({ port: 0 })
  expect(['::', '0.0.0.0']).toContain(server.host)
  await server.close()
})
