// The tests of the library and the command. Those that start processes or workers use dist/, so build first.

import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: {
    alias: [{ find: /^ntyws$/, replacement: fileURLToPath(new URL('./lib/index.ts', import.meta.url)) }],
  },
  test: {
    pool: 'forks',
    include: ['test/{unit,integration,conformance,faults,fuzz}/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
})
