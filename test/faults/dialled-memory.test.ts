// What dialled connections leave of memory, by what the process holds. It is not for a sanitizer's run, as its allocator keeps
// what was freed; leaks are told by the sanitizer itself there.

import { expect, test } from 'vitest'
import { runChild } from '../support/child.js'

test('40,000 connections leave no byte', { timeout: 60_000 }, async () => {
  const { stdout, stderr, code } = await runChild(
    `
    import { connect as open } from 'ntyws'
    const server = await serve({ port: 0, host: '127.0.0.1' })
    const url = 'ws://127.0.0.1:' + server.ports[0]
    const handlers = { close() {} }
    async function hundred() {
      const sockets = await Promise.all(Array.from({ length: 100 }, () => open(url, handlers)))
      for (const socket of sockets) socket.terminate()
      while (server.connections > 0) await new Promise(setImmediate)
    }
    function memory() {
      gc(), gc()
      const { rss, heapTotal, heapUsed } = process.memoryUsage()
      return { outside: rss - heapTotal, heapUsed } // V8 takes more for its heap, and less, as it likes
    }
    async function connections(count) {
      for (let i = 0; i < count; i += 100) {
        await hundred()
        if (i % 5_000 === 0) gc() // or V8's heap grows meanwhile, and leaves holes where it was
      }
      return memory()
    }
    const before = await connections(10_000) // until V8 has taken what it wants
    const after = await connections(40_000)
    // A pointer for each connection would be 320 KB of heap, a connection with what belongs to it more than 8 MB.
    log(after.heapUsed - before.heapUsed < 320_000 || after, after.outside - before.outside < 8_000_000 || [before, after])
    await server.close()
  `,
    ['--expose-gc'],
  )
  expect([stdout, stderr, code]).toEqual(['true true\n', '', 0])
})
