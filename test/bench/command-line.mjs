// What the benchmarks' commands have in common: their options, and how they end.

import { parseArgs } from 'node:util'

/** What the user gave is wrong. */
export class UsageError extends Error {}

/**
 * Runs a benchmark. Wrong options are told with the usage, and end the process with 2; other errors end it with 1.
 * @template Values
 * @param {string} name As in package.json.
 * @param {string} usage
 * @param {() => Values & { help?: boolean }} parse Throws a UsageError for what is wrong.
 * @param {(values: Values) => Promise<void>} main
 */
export async function runCommand(name, usage, parse, main) {
  try {
    const values = parse()
    if (values.help) process.stdout.write(usage)
    else await main(values)
  } catch (error) {
    const isUsage = error instanceof UsageError
    console.error(`${name}: ${error.message}${isUsage ? `\n\n${usage}` : ''}`)
    process.exit(isUsage ? 2 : 1)
  }
}

/**
 * @param {Record<string, import('node:util').ParseArgsOptionConfig>} options Beside --help; of them --rounds and --seconds are
 *   numbers.
 */
export function parseOptions(options) {
  const values = parseValues({ ...options, help: { type: 'boolean', short: 'h', default: false } })
  const { rounds, seconds } = { rounds: Number(values.rounds ?? 1), seconds: Number(values.seconds ?? 1) }
  if (!Number.isInteger(rounds) || rounds < 1) throw new UsageError('--rounds takes a whole number from 1 on')
  if (!Number.isFinite(seconds) || seconds <= 0) throw new UsageError('--seconds takes a number above 0')
  return { ...values, rounds, seconds }
}

/** @param {Record<string, import('node:util').ParseArgsOptionConfig>} options */
function parseValues(options) {
  try {
    return parseArgs({ options }).values
  } catch (error) {
    throw new UsageError(error.message)
  }
}

/**
 * Those named by --only, or all.
 * @template {{ name: string }} Row
 * @param {Row[]} rows
 * @param {string[]} only
 */
export function chooseRows(rows, only) {
  const unknown = only.find((each) => !rows.some(({ name }) => name === each))
  if (unknown === undefined) return rows.filter(({ name }) => only.length === 0 || only.includes(name))
  throw new UsageError(`no row is named '${unknown}'; there are ${rows.map(({ name }) => `'${name}'`).join(', ')}`)
}
