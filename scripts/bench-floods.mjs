// `npm run bench:floods`: how long a bystander waits for its echoes, and libuv for its turn, while other connections send as
// many frames as they can.

import { fork } from 'node:child_process'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { parseOptions, runCommand } from '../test/bench/command-line.mjs'
import { checkOursIsBuilt } from '../test/bench/contenders.mjs'
import { FLOODS, flood, standBy } from '../test/bench/floods.mjs'

const BYSTANDER_P99_MAX_MS = 20
const ITERATION_MAX_MS = 15

const USAGE = `npm run bench:floods -- [options]
  --seconds S      of each flood, after a second, default 5
  --help
Floods: ${Object.keys(FLOODS).join(', ')}
`

const self = fileURLToPath(import.meta.url)

/** What the processes of this script do. */
const PARTS = {
  /** Echoes, and says how long libuv's loop had to wait. */
  async server() {
    const { serve } = await import('../dist/index.js')
    const server = await serve({
      port: 0,
      host: '127.0.0.1',
      perMessageDeflate: true,
      message: (socket, data) => data.length > 0 && data.length < 100 && socket.send(data),
    })
    const delay = monitorEventLoopDelay({ resolution: 1 })
    process.on('message', (message) => {
      if (message === 'start') delay.enable()
      else process.send?.({ maxMs: delay.max / 1e6, p99Ms: delay.percentile(99) / 1e6, rss: process.memoryUsage().rss })
      delay.reset()
    })
    process.send?.(server.ports[0])
  },
  /** @param {string} port @param {string} name */
  flooder: (port, name) => flood(Number(port), name),
  /** @param {string} port @param {string} seconds */
  async bystander(port, seconds) {
    const took = await standBy(Number(port), Number(seconds))
    process.send?.({ p50Ms: took[took.length >> 1], p99Ms: took[Math.floor(took.length * 0.99)], maxMs: took.at(-1) })
    process.disconnect?.()
  },
}

/** @param {import('node:child_process').ChildProcess} child @returns {Promise<any>} */
const answer = (child) => new Promise((resolve) => child.once('message', resolve))

/** @param {string} name @param {number} seconds */
async function measure(name, seconds) {
  const server = fork(self, ['server'])
  const port = await answer(server)
  const flooder = fork(self, ['flooder', `${port}`, name])
  await new Promise((resolve) => setTimeout(resolve, 1000))
  server.send('start')
  const bystander = fork(self, ['bystander', `${port}`, `${seconds}`])
  const waited = await answer(bystander)
  server.send('end')
  const loop = await answer(server)
  flooder.kill()
  server.kill()
  const verdict = (/** @type {number} */ value, /** @type {number} */ max) =>
    `${value.toFixed(1)} (≤ ${max}: ${value <= max ? 'met' : 'MISSED'})`
  console.log(
    `${name}: bystander p50 ${waited.p50Ms.toFixed(1)} ms, p99 ${verdict(waited.p99Ms, BYSTANDER_P99_MAX_MS)}, ` +
      `max ${waited.maxMs.toFixed(1)}; iteration p99 ${loop.p99Ms.toFixed(1)}, max ${verdict(loop.maxMs, ITERATION_MAX_MS)}; ` +
      `${Math.round(loop.rss / 2 ** 20)} MB`,
  )
}

const [part, ...args] = process.argv.slice(2)
if (part && part in PARTS) {
  await PARTS[/** @type {keyof typeof PARTS} */ (part)](.../** @type {[string, string]} */ (args))
} else {
  const options = () => parseOptions({ seconds: { type: 'string', default: '5' } })
  await runCommand('bench:floods', USAGE, options, async ({ seconds }) => {
    checkOursIsBuilt()
    for (const name of Object.keys(FLOODS)) await measure(name, seconds)
  })
}
