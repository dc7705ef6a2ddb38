// `npm run bench:workers`: what a message costs with one worker thread and with two. All threads share one core: CPU time per
// message is what is compared, and the generator has the other core.

import { parseOptions, runCommand } from '../test/bench/command-line.mjs'
import { compile } from '../test/bench/compile.mjs'
import { checkOursIsBuilt, serverCommand } from '../test/bench/contenders.mjs'
import { costsInTurns } from '../test/bench/in-turns.mjs'
import { chooseCores, startServer } from '../test/bench/processes.mjs'
import { circumstancesLine, startCircumstances } from '../test/bench/report.mjs'
import { spread } from '../test/bench/summary.mjs'

const WARMUP_SECONDS = 0.5
const COUNTS = [1, 2]
const LOADS = {
  '32 B text 100×16': { mode: 'echo', connections: 100, depth: 16 },
  '32 B text 1000×1': { mode: 'echo', connections: 1000 },
}
const RATIO_MAX = 1.1

const USAGE = `npm run bench:workers -- [options]
  --rounds N       measurements of each number of workers, default 5
  --seconds S      length of a measurement after ${WARMUP_SECONDS} s of warm-up, default 1
  --help
`

function parseCommandLine() {
  return parseOptions({ rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '1' } })
}

/** @param {ReturnType<typeof parseCommandLine>} options */
async function main({ rounds, seconds }) {
  checkOursIsBuilt()
  const cores = chooseCores()
  if (cores.warning) console.error(cores.warning)
  const { yardstick, wsload } = await compile()
  const command = serverCommand('ntyws-workers', yardstick)

  const endCircumstances = startCircumstances({ rounds, seconds })
  const rows = []
  for (const [name, load] of Object.entries(LOADS)) {
    const servers = await Promise.all(COUNTS.map((count) => startServer(command, cores.server, { args: [`${count}`] })))
    const timing = { seconds, warmupSeconds: WARMUP_SECONDS, core: cores.generator }
    const costs = await costsInTurns(wsload, servers, load, rounds, timing, (round) =>
      console.error(`${name}, round ${round} of ${rounds}`),
    )
    await Promise.all(servers.map((server) => server.stop()))
    const ratio = spread(costs[1].map((cost, i) => cost / costs[0][i])).median
    const [one, two] = costs.map((each) => spread(each).median.toPrecision(3))
    rows.push(
      `${name}: 1 worker ${one} µs/msg, 2 workers ${two}, ratio ${ratio.toFixed(2)} (≤ ${RATIO_MAX}: ${ratio <= RATIO_MAX ? 'met' : 'MISSED'})`,
    )
  }
  console.log(`\n${circumstancesLine(endCircumstances())}\n\n${rows.join('\n')}`)
}

await runCommand('bench:workers', USAGE, parseCommandLine, main)
