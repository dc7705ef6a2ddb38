// The tests of the library and the command. Those that start processes or workers use dist/, so build first.

import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const overTls = [
  'closed-sockets',
  'fragmented-sends',
  'frames',
  'handshake',
  'kept-messages',
  'leaks',
  'limits',
  'liveness',
  'message-limits',
  'messages',
  'outbound-policy',
  'outbound',
  'per-message-deflate',
  'protocol-errors',
  'relayed-text',
  'shares',
  'turns',
  'upgrade',
].map((name) => `test/integration/${name}.test.ts`)

export default defineConfig({
  resolve: {
    alias: [{ find: /^ntyws$/, replacement: fileURLToPath(new URL('./lib/index.ts', import.meta.url)) }],
  },
  test: {
    pool: 'forks',
    maxWorkers: '100%', // by default one core fewer, which of two leaves one
    testTimeout: 20_000,
    hookTimeout: 20_000,
    projects: [
      {
        extends: true,
        test: { name: 'plain', include: ['test/{unit,integration,conformance,faults,fuzz}/**/*.test.ts'] },
      },
      {
        // What connections do whatever carries them, once more over TLS.
        extends: true,
        test: { name: 'tls', include: overTls, env: { NTYWS_TEST_TLS: '1' } },
      },
    ],
  },
})
