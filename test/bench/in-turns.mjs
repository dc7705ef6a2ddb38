// Measures servers in turns, so that whatever else the machine does meanwhile meets all of them alike.

import { putLoad } from './load-generator.mjs'

/**
 * @param {string | string[]} generator For `putLoad`, as `load` and `timing`.
 * @param {readonly import('./processes.mjs').Server[]} servers
 * @param {import('./load-generator.mjs').Load} load
 * @param {number} rounds Every other one goes backwards.
 * @param {Parameters<typeof putLoad>[3]} timing
 * @param {(round: number) => void} onRound
 * @returns {Promise<number[][]>} CPU time for a message in µs, by server and round.
 */
export async function costsInTurns(generator, servers, load, rounds, timing, onRound) {
  /** @type {number[][]} */
  const costs = servers.map(() => [])
  for (let round = 0; round < rounds; round++) {
    const order = [...servers.keys()]
    for (const at of round % 2 ? order.reverse() : order) {
      costs[at].push((await putLoad(generator, servers[at], load, timing)).serverCpuUsPerMessage)
    }
    onRound(round + 1)
  }
  return costs
}
