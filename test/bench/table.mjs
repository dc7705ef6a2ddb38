// Lays out summaries as a text table: a line of medians for each row, and below it a line of ranges.

/** @typedef {import('./summary.mjs').Summary} Summary */
/** @typedef {import('./summary.mjs').Spread} Spread */

const GAP = '  '
const ABSENT = '–'

/** @type {{ title: string, subtitle?: string, left?: boolean, cells: (summary: Summary) => string[] }[]} */
const COLUMNS = [
  { title: 'row', left: true, cells: ({ name }) => [name] },
  { title: 'cost in', left: true, cells: ({ unit }) => [unit] },
  { title: 'yardstick', cells: ({ cost }) => spreadCells(cost.yardstick) },
  { title: 'ours', cells: ({ cost }) => spreadCells(cost.ntyws) },
  { title: 'ws', cells: ({ cost }) => spreadCells(cost.ws) },
  { title: 'ours/yardstick', cells: ({ ratios }) => spreadCells(ratios.oursToYardstick) },
  { title: 'ws/ours', cells: ({ ratios }) => spreadCells(ratios.wsToOurs) },
  { title: 'yardstick', subtitle: 'p50/p99 µs', cells: ({ latencyUs }) => [latency(latencyUs.yardstick)] },
  { title: 'ours', subtitle: 'p50/p99 µs', cells: ({ latencyUs }) => [latency(latencyUs.ntyws)] },
  { title: 'ws', subtitle: 'p50/p99 µs', cells: ({ latencyUs }) => [latency(latencyUs.ws)] },
  { title: 'target', left: true, cells: ({ verdicts }) => verdicts.map(verdictCell) },
]

/**
 * @param {Summary[]} summaries
 * @returns {string} Ends with a line break.
 */
export function formatTable(summaries) {
  const head = [COLUMNS.map(({ title }) => title), COLUMNS.map(({ subtitle = '' }) => subtitle)]
  const body = summaries.flatMap((summary) => {
    const cells = COLUMNS.map((column) => column.cells(summary))
    const height = Math.max(...cells.map((lines) => lines.length))
    return Array.from({ length: height }, (_, line) => cells.map((lines) => lines[line] ?? ''))
  })
  const lines = [...head, ...body]
  const widths = COLUMNS.map((_, column) => Math.max(...lines.map((line) => line[column].length)))
  const aligned = lines.map((line) =>
    line
      .map((cell, i) => (COLUMNS[i].left ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join(GAP)
      .trimEnd(),
  )
  const rule = '─'.repeat(Math.max(...aligned.map((line) => line.length)))
  return `${[...aligned.slice(0, head.length), rule, ...aligned.slice(head.length)].join('\n')}\n`
}

/** @param {Spread | undefined} spread */
function spreadCells(spread) {
  if (!spread) return [ABSENT]
  return [formatNumber(spread.median), `${formatNumber(spread.min)}–${formatNumber(spread.max)}`]
}

/** @param {{ p50: number, p99: number } | undefined} latency */
function latency(latency) {
  return latency ? `${formatNumber(latency.p50)}/${formatNumber(latency.p99)}` : ABSENT
}

/** @param {import('./summary.mjs').Verdict} verdict */
function verdictCell({ target, met }) {
  return `${target}: ${met === undefined ? 'not measured' : met ? 'met' : 'MISSED'}`
}

/**
 * Three digits that count, never an exponent: 0.331, 4.72, 16.8, 1250.
 * @param {number} value
 */
export function formatNumber(value) {
  const digits = Math.abs(value) < 1 ? 3 : Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0
  return value.toFixed(digits)
}
