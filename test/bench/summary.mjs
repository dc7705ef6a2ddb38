// Turns the measurements of one row into medians, ranges and ratios, and judges them by the row's targets.

import { METRICS } from './workloads.mjs'

/** @typedef {'yardstick' | 'ntyws' | 'ws'} Contender */
/** @typedef {import('./load-generator.mjs').LoadResult} LoadResult */
/** @typedef {import('./workloads.mjs').Limits} Limits */
/** @typedef {{ median: number, min: number, max: number }} Spread */

/** One round of a row: what each contender did, one right after the other.
 * @typedef {Partial<Record<Contender, LoadResult>>} Round */

/**
 * One figure of all contenders. One that was left out is absent, and so are its ratios.
 * @typedef {object} Comparison
 * @property {Spread} [yardstick]
 * @property {Spread} [ntyws]
 * @property {Spread} [ws]
 * @property {Spread} [oursToYardstick]
 * @property {Spread} [wsToOurs]
 */

/**
 * @typedef {object} Verdict
 * @property {string} target
 * @property {number | undefined} value What is held against it; undefined when a contender that it needs was left out.
 * @property {boolean | undefined} met
 */

/** @typedef {Comparison & { unit: string, verdicts: Verdict[] }} Figure */

/**
 * @typedef {object} Summary
 * @property {string} name
 * @property {Figure[]} figures The cost, and where the load has them the latencies.
 * @property {Round[]} rounds
 */

/**
 * @param {import('./workloads.mjs').Workload} workload
 * @param {Round[]} rounds
 * @returns {Summary}
 */
export function summarize({ name, metric, targets }, rounds) {
  /** @type {[keyof LoadResult, string, Limits | undefined][]} */
  const kinds = [
    [METRICS[metric].field, METRICS[metric].unit, targets.cost],
    ['latencyP50Us', 'p50 µs', targets.p50],
    ['latencyP99Us', 'p99 µs', targets.p99],
  ]
  const measured = kinds.filter(([field]) => Object.values(rounds[0]).every((result) => result[field] !== undefined))
  const figures = measured.map(([field, unit, limits = {}]) => {
    const comparison = compare(rounds, field)
    return { unit, ...comparison, verdicts: judge(limits, comparison) }
  })
  return { name, figures, rounds }
}

/**
 * Ratios are taken within each round before the median, because a machine's speed drifts between rounds and
 * moves both sides of a round alike.
 * @param {Round[]} rounds
 * @param {keyof LoadResult} field
 * @returns {Comparison}
 */
function compare(rounds, field) {
  /** @param {Contender} contender */
  const valuesOf = (contender) => rounds.map((round) => round[contender]?.[field] ?? Number.NaN)
  /** @type {(over: Contender, under: Contender) => number[]} */
  const ratiosOf = (over, under) => {
    const divisors = valuesOf(under)
    return valuesOf(over).map((value, i) => value / divisors[i])
  }
  const values = {
    yardstick: valuesOf('yardstick'),
    ntyws: valuesOf('ntyws'),
    ws: valuesOf('ws'),
    oursToYardstick: ratiosOf('ntyws', 'yardstick'),
    wsToOurs: ratiosOf('ws', 'ntyws'),
  }
  const complete = Object.entries(values).filter(([, each]) => each.every(Number.isFinite))
  return Object.fromEntries(complete.map(([name, each]) => [name, spread(each)]))
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
 * @param {Limits} limits
 * @param {Comparison} comparison
 * @returns {Verdict[]}
 */
function judge(limits, { ntyws, oursToYardstick, wsToOurs }) {
  /** @type {[string, '≤' | '≥', number | undefined, Spread | undefined][]} */
  const kinds = [
    ['ours', '≤', limits.max, ntyws],
    ['ours/yardstick', '≤', limits.toYardstick, oursToYardstick],
    ['ws/ours', '≥', limits.wsToOurs, wsToOurs],
  ]
  return kinds.flatMap(([what, relation, limit, spread]) => {
    if (limit === undefined) return []
    const value = spread?.median
    const met = value === undefined ? undefined : relation === '≤' ? value <= limit : value >= limit
    return [{ target: `${what} ${relation} ${limit}`, value, met }]
  })
}
