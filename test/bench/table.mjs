// Lays out summaries as tables: as text, with the ranges below the medians, and in Markdown.

/** @typedef {import('./summary.mjs').Summary} Summary */
/** @typedef {import('./summary.mjs').Figure} Figure */
/** @typedef {import('./summary.mjs').Spread} Spread */

const GAP = '  '
const ABSENT = '–'

/** @type {{ title: string, left?: boolean, cells: (figure: Figure, name: string) => string[] }[]} */
const COLUMNS = [
  { title: 'row', left: true, cells: (_, name) => [name] },
  { title: 'figure', left: true, cells: ({ unit }) => [unit] },
  { title: 'yardstick', cells: ({ yardstick }) => spreadCells(yardstick) },
  { title: 'ours', cells: ({ ntyws }) => spreadCells(ntyws) },
  { title: 'ws', cells: ({ ws }) => spreadCells(ws) },
  { title: 'ours/yardstick', cells: ({ oursToYardstick }) => spreadCells(oursToYardstick) },
  { title: 'ws/ours', cells: ({ wsToOurs }) => spreadCells(wsToOurs) },
  { title: 'target', left: true, cells: ({ verdicts }) => verdicts.map(verdictCell) },
]

/** The cells of each figure: only a row's first one has its name. @param {Summary[]} summaries */
function cellsOf(summaries) {
  return summaries.flatMap(({ name, figures }) =>
    figures.map((figure, i) => COLUMNS.map((column) => column.cells(figure, i === 0 ? name : ''))),
  )
}

/**
 * @param {Summary[]} summaries
 * @returns {string} Ends with a line break.
 */
export function formatTable(summaries) {
  const head = COLUMNS.map(({ title }) => title)
  const body = cellsOf(summaries).flatMap((cells) => {
    const height = Math.max(...cells.map((lines) => lines.length))
    return Array.from({ length: height }, (_, line) => cells.map((lines) => lines[line] ?? ''))
  })
  const widths = COLUMNS.map((_, column) => Math.max(...[head, ...body].map((line) => line[column].length)))
  const [top, ...lines] = [head, ...body].map((line) =>
    line
      .map((cell, i) => (COLUMNS[i].left ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join(GAP)
      .trimEnd(),
  )
  const rule = '─'.repeat(Math.max(...[top, ...lines].map((line) => line.length)))
  return `${[top, rule, ...lines].join('\n')}\n`
}

/**
 * @param {Summary[]} summaries
 * @returns {string} Ends with a line break.
 */
export function formatMarkdown(summaries) {
  const head = [COLUMNS.map(({ title }) => title), COLUMNS.map(({ left }) => (left ? '---' : '--:'))]
  const body = cellsOf(summaries).map((cells) => cells.map((lines) => lines.join('<br>')))
  return [...head, ...body].map(markdownLine).join('')
}

/**
 * @param {import('./growth.mjs').GrowthSummary[]} growths
 * @returns {string} In Markdown, a table for each. Ends with a line break.
 */
export function formatGrowth(growths) {
  const tables = growths.map(({ of, counts, series: { yardstick, ntyws } }) => {
    const columns = [yardstick.costUs, ntyws.costUs, yardstick.rssMiB, ntyws.rssMiB]
    const head = [of, 'yardstick, µs/msg', 'ours, µs/msg', 'yardstick, MiB', 'ours, MiB']
    const body = counts.map((count, at) => [count.toLocaleString('en'), ...columns.map((each) => brief(each[at]))])
    return [head, head.map(() => '--:'), ...body].map(markdownLine).join('')
  })
  return tables.join('\n')
}

/** @param {Spread} spread */
function brief(spread) {
  const [median, range] = spreadCells(spread)
  return `${median} (${range})`
}

/** @param {string[]} cells */
function markdownLine(cells) {
  return `| ${cells.join(' | ')} |\n`
}

/** @param {Spread | undefined} spread */
function spreadCells(spread) {
  if (!spread) return [ABSENT]
  return [formatNumber(spread.median), `${formatNumber(spread.min)}–${formatNumber(spread.max)}`]
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
