// `npm run bench:compression`: what an echo of JSON costs a server that compresses, ours and `ws`, each as they are by default.
// The client is ours.

import { parseOptions, runCommand } from '../test/bench/command-line.mjs'
import { checkOursIsBuilt, clientCommand, serverCommand } from '../test/bench/contenders.mjs'
import { compareInTurns, TURN_OPTIONS, WARMUP_SECONDS } from '../test/bench/in-turns.mjs'
import { chooseCores } from '../test/bench/processes.mjs'
import { circumstancesLine, startCircumstances } from '../test/bench/report.mjs'

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

/** @param {{ rounds: number, seconds: number }} options */
async function main(options) {
  checkOursIsBuilt()
  const cores = chooseCores()
  if (cores.warning) console.error(cores.warning)
  const client = clientCommand('ntyws', '')
  const contenders = SERVERS.map((server) => ({ command: serverCommand(server, ''), args: ['--deflate'] }))

  const endCircumstances = startCircumstances(options)
  const rows = []
  for (const [name, load] of Object.entries(LOADS)) {
    const { costs, ratio } = await compareInTurns(name, client, contenders, load, options, cores)
    rows.push(`${name}: ntyws ${costs[0]} µs/msg, ws ${costs[1]}: ${ratio.toFixed(2)} × as much`)
  }
  console.log(`\n${circumstancesLine(endCircumstances())}\n\n${rows.join('\n')}`)
}

await runCommand('bench:compression', USAGE, () => parseOptions(TURN_OPTIONS), main)
