// `npm run bench:compression`: what an echo of JSON costs a server that compresses, ours and `ws`, each as they are by default.
// The client is ours.

import { parseOptions, runCommand } from '../test/bench/command-line.mjs'
import { checkOursIsBuilt, clientCommand, serverCommand } from '../test/bench/contenders.mjs'
import { costsInTurns } from '../test/bench/in-turns.mjs'
import { chooseCores, startServer } from '../test/bench/processes.mjs'
import { circumstancesLine, startCircumstances } from '../test/bench/report.mjs'
import { spread } from '../test/bench/summary.mjs'

const WARMUP_SECONDS = 0.5
/** @type {readonly ['ntyws', 'ws']} */
const SERVERS = ['ntyws', 'ws']
/** @type {Record<string, import('../test/bench/load-generator.mjs').Load>} */
const LOADS = {
  '1 KB 50×4': { mode: 'echo', connections: 50, depth: 4, payloadBytes: 1024, deflate: true },
  '16 KB 20×2': { mode: 'echo', connections: 20, depth: 2, payloadBytes: 16 * 1024, deflate: true },
}

const USAGE = `npm run bench:compression -- [options]
  --rounds N       measurements of each server, default 5
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
  const client = clientCommand('ntyws', '')

  const endCircumstances = startCircumstances({ rounds, seconds })
  const rows = []
  for (const [name, load] of Object.entries(LOADS)) {
    const servers = await Promise.all(
      SERVERS.map((server) => startServer(serverCommand(server, ''), cores.server, { args: ['--deflate'] })),
    )
    const timing = { seconds, warmupSeconds: WARMUP_SECONDS, core: cores.generator }
    const costs = await costsInTurns(client, servers, load, rounds, timing, (round) =>
      console.error(`${name}, round ${round} of ${rounds}`),
    )
    await Promise.all(servers.map((server) => server.stop()))
    const ratio = spread(costs[1].map((cost, i) => cost / costs[0][i])).median
    const [ours, theirs] = costs.map((each) => spread(each).median.toPrecision(3))
    rows.push(`${name}: ntyws ${ours} µs/msg, ws ${theirs}: ${ratio.toFixed(2)} × as much`)
  }
  console.log(`\n${circumstancesLine(endCircumstances())}\n\n${rows.join('\n')}`)
}

await runCommand('bench:compression', USAGE, parseCommandLine, main)
