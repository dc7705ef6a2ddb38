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
    let before = await connections(10_000) // until V8 has taken what it wants
    // A pointer for each connection would be 320 KB of heap, a connection with what belongs to it more than 8 MB. What is left
    // behind is left each time; malloc's holes, which grow on a busy machine, are not.
    let result
    for (let attempt = 0; attempt < 3 && result !== 'true true'; attempt++) {
      const after = await connections(40_000)
      const isFlat = after.heapUsed - before.heapUsed < 320_000
      result = isFlat + ' ' + (after.outside - before.outside < 8_000_000 || JSON.stringify([before, after]))
      before = after
    }
    log(result)
    await server.close()
  `,
    ['--expose-gc'],
  )
  expect([stdout, stderr, code]).toEqual(['true true\n', '', 0])
})
