// Which plots are drawn from the reports, by the names of their files.

import { linePlot, rowPlot } from './plot.mjs'

/** @typedef {import('./summary.mjs').Spread} Spread */

/**
 * Each row's cost, beside the yardstick's median in the same row.
 * @param {import('./summary.mjs').Summary[]} rows
 * @returns {Record<string, string>}
 */
export function benchPictures(rows) {
  /** @param {import('./summary.mjs').Contender} contender */
  const valuesOf = (contender) =>
    rows.map(
      ({ figures: [cost] }) => cost[contender] && cost.yardstick && divided(cost[contender], cost.yardstick.median),
    )
  const plot = {
    title: 'Cost beside the yardstick: CPU time, or memory for idle connections',
    axis: 'times the yardstick’s median; less is better',
    names: rows.map(({ name }) => name),
    series: [
      { name: 'yardstick', values: valuesOf('yardstick') },
      { name: 'ntyws', values: valuesOf('ntyws') },
      { name: 'ws', values: valuesOf('ws') },
    ],
  }
  return { 'costs.svg': rowPlot(plot) }
}

/**
 * @param {import('./growth.mjs').GrowthSummary[]} growths
 * @returns {Record<string, string>}
 */
export function growthPictures(growths) {
  return Object.fromEntries(
    growths.flatMap(({ of, counts, series: { yardstick, ntyws } }) => [
      [
        `cost-by-${of}.svg`,
        linePlot({
          title: `Cost of a message against open ${of}`,
          across: of,
          counts,
          up: 'server CPU, µs/msg',
          series: [
            { name: 'yardstick', values: yardstick.costUs },
            { name: 'ntyws', values: ntyws.costUs },
          ],
        }),
      ],
      [
        `memory-by-${of}.svg`,
        linePlot({
          title: `The server’s memory against open ${of}`,
          across: of,
          counts,
          up: 'resident, MiB',
          series: [
            { name: 'yardstick', values: yardstick.rssMiB },
            { name: 'ntyws', values: ntyws.rssMiB },
          ],
        }),
      ],
    ]),
  )
}

/** @param {Spread} spread @param {number} divisor @returns {Spread} */
function divided({ median, min, max }, divisor) {
  return { median: median / divisor, min: min / divisor, max: max / divisor }
}
