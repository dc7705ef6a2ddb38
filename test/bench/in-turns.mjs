// Compares two servers: measured in turns, so that whatever else the machine does meanwhile meets both alike.

import { putLoad } from './load-generator.mjs'
import { startServer } from './processes.mjs'
import { spread } from './summary.mjs'

export const WARMUP_SECONDS = 0.5

/** What both benches of two servers take. */
export const TURN_OPTIONS = /** @type {const} */ ({
  rounds: { type: 'string', default: '5' },
  seconds: { type: 'string', default: '1' },
})

/**
 * @param {string} name Of the load, for the progress on stderr.
 * @param {string | string[]} generator For `putLoad`, as `load`.
 * @param {readonly { command: string[], args: string[] }[]} contenders For `startServer`.
 * @param {import('./load-generator.mjs').Load} load
 * @param {{ rounds: number, seconds: number }} options Every other round goes backwards.
 * @param {import('./processes.mjs').Cores} cores
 * @returns {Promise<{ costs: string[], ratio: number }>} Medians of the CPU time for a message, in µs, and of the second
 *   server's to the first one's within each round.
 */
export async function compareInTurns(name, generator, contenders, load, { rounds, seconds }, cores) {
  const servers = await Promise.all(contenders.map(({ command, args }) => startServer(command, cores.server, { args })))
  /** @type {number[][]} */
  const costs = servers.map(() => [])
  const timing = { seconds, warmupSeconds: WARMUP_SECONDS, core: cores.generator }
  for (let round = 1; round <= rounds; round++) {
    const order = [...servers.keys()]
    for (const at of round % 2 ? order : order.reverse()) {
      costs[at].push((await putLoad(generator, servers[at], load, timing)).serverCpuUsPerMessage)
    }
    console.error(`${name}, round ${round} of ${rounds}`)
  }
  await Promise.all(servers.map((server) => server.stop()))
  return {
    costs: costs.map((each) => spread(each).median.toPrecision(3)),
    ratio: spread(costs[1].map((cost, i) => cost / costs[0][i])).median,
  }
}
