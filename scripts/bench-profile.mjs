// `npm run bench:profile`: where our server's CPU time goes under the loads of the benchmark, by sampling with perf (Debian:
// apt-get install linux-perf).

import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { compile } from '../test/bench/compile.mjs'
import { checkOursIsBuilt, serverCommand } from '../test/bench/contenders.mjs'
import { putLoad } from '../test/bench/load-generator.mjs'
import { chooseCores, startServer } from '../test/bench/processes.mjs'
import { circumstancesLine, startCircumstances } from '../test/bench/report.mjs'
import { WORKLOADS } from '../test/bench/workloads.mjs'

/** Where a sample belongs, by the object it fell into and its symbol; the first that fits. */
const PLACES = [
  { name: 'kernel', is: (object) => object === '[kernel.kallsyms]' || object === '[unknown]' },
  { name: 'addon', is: (object) => object === 'ntyws.node' },
  { name: 'TypeScript', is: (object, symbol) => object.startsWith('[JIT]') || symbol.startsWith('Builtins_') },
  { name: 'garbage collection', is: (_, symbol) => /Scaveng|Mark|Sweep|Heap|Evacuat|GCTracer/.test(symbol) },
  { name: 'Node and V8', is: (object) => object === 'node' },
  { name: 'C library', is: () => true },
]

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '3' } } })
const seconds = Number(values.seconds)
if (!(seconds > 0)) {
  console.error('bench:profile: --seconds takes a number above 0')
  process.exit(2)
}
if (spawnSync('perf', ['--version']).status !== 0) {
  console.error('bench:profile: perf is missing. On Debian and Ubuntu: apt-get install linux-perf')
  process.exit(1)
}

checkOursIsBuilt()
const cores = chooseCores()
if (cores.warning) console.error(cores.warning)
const { yardstick, wsload } = await compile()
const directory = fileURLToPath(new URL('../out/bench', import.meta.url))
mkdirSync(directory, { recursive: true })
const data = `${directory}/perf.data`
// Without it V8's code has no names.
process.env.NODE_OPTIONS = '--perf-basic-prof'

const endCircumstances = startCircumstances({ rounds: 1, seconds })
const lines = [
  `| row | µs/msg | ${PLACES.map(({ name }) => name).join(' | ')} |`,
  `| --- | --: | ${PLACES.map(() => '--:').join(' | ')} |`,
]
for (const { name, load, metric, binaryType, shareOfMaximumRate } of WORKLOADS) {
  if (metric !== 'cpuPerMessage' || shareOfMaximumRate !== undefined) continue
  const server = await startServer(serverCommand('ntyws', yardstick), cores.server, {
    args: binaryType ? [binaryType] : [],
  })
  const loaded = putLoad(wsload, server, load, { seconds, warmupSeconds: 1, core: cores.generator })
  spawnSync('sleep', ['1'])
  spawnSync('perf', [
    'record',
    '-q',
    '-e',
    'cpu-clock',
    '-F',
    '5000',
    '-p',
    `${server.pid}`,
    '-o',
    data,
    '--',
    'sleep',
    `${seconds}`,
  ])
  const { serverCpuUsPerMessage } = await loaded
  const shares = sharesByPlace()
  lines.push(
    `| ${name} | ${serverCpuUsPerMessage.toPrecision(3)} | ${shares.map((share) => `${share.toFixed(0)} %`).join(' | ')} |`,
  )
  console.error(name)
  await server.stop()
}
console.log(`\n${circumstancesLine(endCircumstances())}\n\n${lines.join('\n')}`)

/** Of all samples, in percent. */
function sharesByPlace() {
  const report = spawnSync(
    'perf',
    ['report', '-i', data, '--no-children', '-g', 'none', '--sort', 'dso,symbol', '-t', '\t', '--percent-limit', '0'],
    { encoding: 'utf8', maxBuffer: 1 << 26 },
  )
  const sums = PLACES.map(() => 0)
  for (const line of report.stdout.split('\n')) {
    const [percent, object, symbol] = line.split('\t').map((part) => part.trim())
    if (!percent?.endsWith('%') || symbol === undefined) continue
    const at = PLACES.findIndex(({ is }) => is(object, symbol.replace(/^\[.\]\s*/, '')))
    sums[at] += Number.parseFloat(percent)
  }
  const total = sums.reduce((sum, each) => sum + each, 0)
  return sums.map((sum) => (100 * sum) / total)
}
