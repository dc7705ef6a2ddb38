// `npm run bench:growth`: how the cost of a message and the server's memory grow with the connections and with the open
// ports. What is measured stands in test/bench/growth.mjs.

import { parseOptions, runCommand } from '../test/bench/command-line.mjs'
import { compile } from '../test/bench/compile.mjs'
import { checkOursIsBuilt, serverCommand } from '../test/bench/contenders.mjs'
import { GROWTHS, MESSAGES_PER_SECOND, summarizeGrowth } from '../test/bench/growth.mjs'
import { putLoad } from '../test/bench/load-generator.mjs'
import { growthPictures } from '../test/bench/pictures.mjs'
import { chooseCores, startServer } from '../test/bench/processes.mjs'
import { circumstancesLine, startCircumstances, writeReport } from '../test/bench/report.mjs'
import { formatGrowth } from '../test/bench/table.mjs'

const WARMUP_SECONDS = 1
const CONTENDERS = /** @type {const} */ (['yardstick', 'ntyws'])

const USAGE = `npm run bench:growth -- [options]
  --rounds N       measurements of each server at each count, default 5
  --seconds S      length of a measurement after ${WARMUP_SECONDS} s of warm-up, default 1
  --output DIR     where growth.json and the plots go, default out/bench
  --help
`

/**
 * One measurement on a server of its own: only a process that has never had more connections shows its memory truthfully.
 * @param {string} wsload
 * @param {string[]} command
 * @param {{ connections: number, portCount: number }} shape
 * @param {ReturnType<typeof chooseCores>} cores
 * @param {number} seconds
 */
async function measure(wsload, command, { connections, portCount }, cores, seconds) {
  const server = await startServer(command, cores.server, { portCount })
  const load = /** @type {const} */ ({ mode: 'echo', connections, rate: MESSAGES_PER_SECOND })
  const result = await putLoad(wsload, server, load, { seconds, warmupSeconds: WARMUP_SECONDS, core: cores.generator })
  await server.stop()
  return result
}

function parseCommandLine() {
  return parseOptions({
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1' },
    output: { type: 'string', default: 'out/bench' },
  })
}

/** @param {ReturnType<typeof parseCommandLine>} options */
async function main({ rounds, seconds, output }) {
  checkOursIsBuilt()
  const cores = chooseCores()
  if (cores.warning) console.error(cores.warning)
  const { yardstick, wsload } = await compile()

  const endCircumstances = startCircumstances({ rounds, seconds })
  const growths = []
  for (const growth of GROWTHS) {
    const results = growth.counts.map(() => [])
    for (let i = 1; i <= rounds; i++) {
      for (const [at, count] of growth.counts.entries()) {
        const round = {}
        for (const contender of CONTENDERS) {
          const command = serverCommand(contender, yardstick)
          round[contender] = await measure(wsload, command, growth.shape(count), cores, seconds)
        }
        results[at].push(round)
        console.error(`${count} ${growth.of}, round ${i} of ${rounds}`)
      }
    }
    growths.push(summarizeGrowth(growth, results))
  }
  const circumstances = endCircumstances()
  console.log(`${circumstancesLine(circumstances)}, ${MESSAGES_PER_SECOND} messages a second\n`)
  process.stdout.write(formatGrowth(growths))
  const report = { ...circumstances, messagesPerSecond: MESSAGES_PER_SECOND, growths }
  await writeReport(output, 'growth', report, growthPictures(growths))
}

await runCommand('bench:growth', USAGE, parseCommandLine, main)
