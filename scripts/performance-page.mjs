// Writes the figures and plots of docs/performance.md from the reports in docs/performance, which `npm run bench` and `npm run
// bench:growth` leave there with `-- --output docs/performance`. With --check it writes nothing, and its exit status is 1 when
// a file is not up to date.

import { readFileSync, writeFileSync } from 'node:fs'
import { fillIn } from '../test/bench/page.mjs'
import { benchPictures, growthPictures } from '../test/bench/pictures.mjs'
import { circumstancesLine } from '../test/bench/report.mjs'
import { formatGrowth, formatMarkdown } from '../test/bench/table.mjs'

const docs = new URL('../docs/', import.meta.url)
const read = (file) => readFileSync(new URL(file, docs), 'utf8')
const bench = JSON.parse(read('performance/bench.json'))
const growth = JSON.parse(read('performance/growth.json'))

const heading = (report) => `${report.date.slice(0, 10)}: ${circumstancesLine(report)}.\n`
const imagesOf = (pictures) =>
  Object.keys(pictures).map((file) => `![${file.replace('.svg', '').replaceAll('-', ' ')}](performance/${file})\n`)

const costs = benchPictures(bench.rows)
const growths = growthPictures(growth.growths)
const figures = [heading(bench), formatMarkdown(bench.rows), ...imagesOf(costs)].join('\n')
const growing = [
  `${heading(growth).trimEnd().slice(0, -1)}; ${growth.messagesPerSecond.toLocaleString('en')} messages a second.\n`,
  formatGrowth(growth.growths),
  ...imagesOf(growths),
].join('\n')

const files = { 'performance.md': fillIn(fillIn(read('performance.md'), 'figures', figures), 'growth', growing) }
for (const [file, svg] of Object.entries({ ...costs, ...growths })) files[`performance/${file}`] = svg

if (!process.argv.includes('--check')) {
  for (const [file, text] of Object.entries(files)) writeFileSync(new URL(file, docs), text)
} else {
  const stale = Object.entries(files).filter(([file, text]) => read(file) !== text)
  for (const [file] of stale) console.error(`docs/${file} is not up to date: run node scripts/performance-page.mjs`)
  if (stale.length > 0) process.exit(1)
}
