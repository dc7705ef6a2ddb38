// `npm run bench:workers`: what a message costs with one worker thread and with two. All threads share one core: CPU time per
// message is what is compared, and the generator has the other core.

import { parseOptions, runCommand } from '../test/bench/command-line.mjs'
import { compile } from '../test/bench/compile.mjs'
import { checkOursIsBuilt, serverCommand } from '../test/bench/contenders.mjs'
import { compareInTurns, TURN_OPTIONS, WARMUP_SECONDS } from '../test/bench/in-turns.mjs'
import { chooseCores } from '../test/bench/processes.mjs'
import { circumstancesLine, startCircumstances } from '../test/bench/report.mjs'

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

/** @param {{ rounds: number, seconds: number }} options */
async function main(options) {
  checkOursIsBuilt()
  const cores = chooseCores()
  if (cores.warning) console.error(cores.warning)
  const { yardstick, wsload } = await compile()
  const command = serverCommand('ntyws-workers', yardstick)
  const contenders = COUNTS.map((count) => ({ command, args: [`${count}`] }))

  const endCircumstances = startCircumstances(options)
  const rows = []
  for (const [name, load] of Object.entries(LOADS)) {
    const { costs, ratio } = await compareInTurns(name, wsload, contenders, load, options, cores)
    rows.push(
      `${name}: 1 worker ${costs[0]} µs/msg, 2 workers ${costs[1]}, ratio ${ratio.toFixed(2)} (≤ ${RATIO_MAX}: ${ratio <= RATIO_MAX ? 'met' : 'MISSED'})`,
    )
  }
  console.log(`\n${circumstancesLine(endCircumstances())}\n\n${rows.join('\n')}`)
}

await runCommand('bench:workers', USAGE, () => parseOptions(TURN_OPTIONS), main)
