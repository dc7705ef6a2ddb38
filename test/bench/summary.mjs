// Turns the measurements of one row into medians, ranges and ratios, and judges them by the row's targets.

import { METRICS } from './workloads.mjs'

/** @typedef {'yardstick' | 'ntyws' | 'ws'} Contender */
/** @typedef {import('./load-generator.mjs').LoadResult} LoadResult */
/** @typedef {{ median: number, min: number, max: number }} Spread */

/** One round of a row: what each contender did, one right after the other.
 * @typedef {Partial<Record<Contender, LoadResult>>} Round */

/**
 * @typedef {object} Verdict
 * @property {string} target
 * @property {boolean | undefined} met Undefined when a contender it needs was left out.
 */

/**
 * @typedef {object} Summary
 * @property {string} name
 * @property {string} unit
 * @property {Partial<Record<Contender, Spread>>} cost
 * @property {Partial<Record<Contender, { p50: number, p99: number }>>} latencyUs Medians over the rounds.
 * @property {{ oursToYardstick?: Spread, wsToOurs?: Spread }} ratios
 * @property {Verdict[]} verdicts
 * @property {Round[]} rounds
 */

/**
 * Ratios are taken within each round before the median, because a machine's speed drifts between rounds and
 * moves both sides of a round alike.
 * @param {import('./workloads.mjs').Workload} workload
 * @param {Round[]} rounds
 * @returns {Summary}
 */
export function summarize(workload, rounds) {
  const { field, unit } = METRICS[workload.metric]
  const contenders = /** @type {Contender[]} */ (Object.keys(rounds[0]))
  /** @type {Summary} */
  const summary = { name: workload.name, unit, cost: {}, latencyUs: {}, ratios: {}, verdicts: [], rounds }

  for (const contender of contenders) {
    summary.cost[contender] = spread(rounds.map((round) => round[contender]?.[field] ?? Number.NaN))
    if (rounds[0][contender]?.latencyP50Us === undefined) continue
    summary.latencyUs[contender] = {
      p50: spread(rounds.map((round) => round[contender]?.latencyP50Us ?? Number.NaN)).median,
      p99: spread(rounds.map((round) => round[contender]?.latencyP99Us ?? Number.NaN)).median,
    }
  }
  summary.ratios.oursToYardstick = ratio(rounds, field, 'ntyws', 'yardstick')
  summary.ratios.wsToOurs = ratio(rounds, field, 'ws', 'ntyws')
  summary.verdicts = judge(workload.targets, summary.ratios)
  return summary
}

/**
 * @param {number[]} values At least one.
 * @returns {Spread}
 */
export function spread(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  return { median, min: sorted[0], max: sorted[sorted.length - 1] }
}

/**
 * @param {Round[]} rounds
 * @param {keyof LoadResult} field
 * @param {Contender} over
 * @param {Contender} under
 * @returns {Spread | undefined} Undefined when one of the two was left out, or costs nothing measurable.
 */
function ratio(rounds, field, over, under) {
  const values = rounds.map((round) => (round[over]?.[field] ?? Number.NaN) / (round[under]?.[field] ?? Number.NaN))
  return values.every(Number.isFinite) ? spread(values) : undefined
}

/**
 * @param {import('./workloads.mjs').Targets} targets
 * @param {Summary['ratios']} ratios
 * @returns {Verdict[]}
 */
function judge(targets, ratios) {
  const { oursToYardstick, wsToOurs } = ratios
  const verdicts = []
  if (targets.toYardstick !== undefined) {
    const met = oursToYardstick && oursToYardstick.median <= targets.toYardstick
    verdicts.push({ target: `ours/yardstick ≤ ${targets.toYardstick}`, met })
  }
  if (targets.wsToOurs !== undefined) {
    const met = wsToOurs && wsToOurs.median >= targets.wsToOurs
    verdicts.push({ target: `ws/ours ≥ ${targets.wsToOurs}`, met })
  }
  return verdicts
}
