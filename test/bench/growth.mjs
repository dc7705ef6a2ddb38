// What must not grow: the cost of a message, with the connections and with the open ports; and memory beyond its share for
// each of them.

import { spread } from './summary.mjs'

/** @typedef {import('./load-generator.mjs').LoadResult} LoadResult */
/** @typedef {import('./summary.mjs').Spread} Spread */
/** @typedef {'yardstick' | 'ntyws'} Contender */

// The same load everywhere, and one that every server here can bear: only what is counted can change the cost.
export const MESSAGES_PER_SECOND = 50_000

/**
 * @typedef {object} Growth
 * @property {'connections' | 'ports'} of
 * @property {number[]} counts
 * @property {(count: number) => { connections: number, portCount: number }} shape
 */

/** @type {readonly Growth[]} */
export const GROWTHS = [
  {
    of: 'connections',
    counts: [10, 100, 1000, 10_000, 18_000],
    shape: (count) => ({ connections: count, portCount: 1 }),
  },
  {
    of: 'ports',
    counts: [1, 100, 1000],
    shape: (count) => ({ connections: 1000, portCount: count }),
  },
]

/** @typedef {Record<Contender, { costUs: Spread[], rssMiB: Spread[] }>} Series A spread for each count. */
/** @typedef {{ of: Growth['of'], counts: number[], series: Series }} GrowthSummary */

/**
 * @param {Growth} growth
 * @param {Record<Contender, LoadResult>[][]} rounds For each count.
 * @returns {GrowthSummary}
 */
export function summarizeGrowth({ of, counts }, rounds) {
  /** @param {Contender} contender */
  const seriesOf = (contender) => ({
    costUs: rounds.map((each) => spread(each.map((round) => round[contender].serverCpuUsPerMessage ?? Number.NaN))),
    rssMiB: rounds.map((each) =>
      spread(each.map((round) => (round[contender].serverRssBytes ?? Number.NaN) / 2 ** 20)),
    ),
  })
  return { of, counts, series: { yardstick: seriesOf('yardstick'), ntyws: seriesOf('ntyws') } }
}
