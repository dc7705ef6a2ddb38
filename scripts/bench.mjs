// `npm run bench`: measures our server, the yardstick and `ws` in turns under the same loads, and prints a table.
// What is measured stands in test/bench/workloads.mjs, how in the files beside it.

import { makeCertificate } from '../test/bench/certificate.mjs'
import { chooseRows, parseOptions, runCommand, UsageError } from '../test/bench/command-line.mjs'
import { compile } from '../test/bench/compile.mjs'
import {
  CONTENDERS,
  checkOursIsBuilt,
  clientCommand,
  serverArguments,
  serverCommand,
} from '../test/bench/contenders.mjs'
import { putLoad } from '../test/bench/load-generator.mjs'
import { benchPictures } from '../test/bench/pictures.mjs'
import { chooseCores, startServer } from '../test/bench/processes.mjs'
import { rateOf } from '../test/bench/rates.mjs'
import { circumstancesLine, startCircumstances, writeReport } from '../test/bench/report.mjs'
import { summarize } from '../test/bench/summary.mjs'
import { formatNumber, formatTable } from '../test/bench/table.mjs'
import { METRICS, WORKLOADS } from '../test/bench/workloads.mjs'

/** @typedef {import('../test/bench/summary.mjs').Contender} Contender */
/** @typedef {import('../test/bench/summary.mjs').Round} Round */
/** @typedef {import('../test/bench/workloads.mjs').Workload} Workload */
/** @typedef {import('../test/bench/processes.mjs').Server} Server */
/**
 * @typedef {object} Setup
 * @property {{ yardstick: string, wsload: string }} programs Their paths.
 * @property {Contender[]} contenders
 * @property {ReturnType<typeof chooseCores>} cores
 * @property {ReturnType<typeof makeCertificate> | undefined} certificate For rows with TLS.
 */

const WARMUP_SECONDS = 0.5

const USAGE = `npm run bench -- [options]
  --rounds N       measurements of each server in each row, default 15
  --seconds S      length of a measurement after ${WARMUP_SECONDS} s of warm-up, default 1
  --only ROW       measure this row only; may be given several times
  --without NAME   leave out ${CONTENDERS.join(', ')}; may be given several times
  --output DIR     where bench.json, with all measurements, and the plot go, default out/bench
  --help
Rows: ${WORKLOADS.map(({ name }) => `'${name}'`).join(', ')}
`

function parseCommandLine() {
  const {
    only = [],
    without = [],
    ...values
  } = parseOptions({
    rounds: { type: 'string', default: '15' },
    seconds: { type: 'string', default: '1' },
    only: { type: 'string', multiple: true },
    without: { type: 'string', multiple: true },
    output: { type: 'string', default: 'out/bench' },
  })
  for (const name of without) {
    if (!CONTENDERS.some((contender) => contender === name)) throw new UsageError(`no server is named '${name}'`)
  }
  const contenders = CONTENDERS.filter((contender) => !without.includes(contender))
  if (contenders.length === 0) throw new UsageError('--without leaves no server to measure')
  return { ...values, contenders, workloads: chooseRows(WORKLOADS, only) }
}

/**
 * All rounds of one row. Its servers live for the row, so that no row runs on the heap that another one left.
 * @param {Setup} setup
 * @param {Workload} workload
 * @param {{ rounds: number, seconds: number }} options
 */
async function measureRow(setup, workload, options) {
  const { field, unit, needsFreshServer, comparesClients } = METRICS[workload.metric]
  /** @type {Map<Contender, Server>} */
  const servers = new Map()
  const timing = { seconds: options.seconds, warmupSeconds: WARMUP_SECONDS, core: setup.cores.generator }
  const { wsload, yardstick } = setup.programs
  /** @param {Contender} contender */
  const serverOf = async (contender) => {
    const name = comparesClients ? 'ntyws' : contender
    const args = serverArguments(name, workload, setup.certificate)
    const server =
      servers.get(name) ?? (await startServer(serverCommand(name, yardstick), setup.cores.server, { args }))
    servers.set(name, server)
    // The first connection brings the program's code into memory, which no further connection costs.
    const first = /** @type {const} */ ({ mode: 'echo', connections: 1, tls: workload.load.tls })
    if (needsFreshServer) await putLoad(wsload, server, first, timing)
    return server
  }

  /** @type {Map<Contender, number>} */
  const maximumRates = new Map()
  if (workload.shareOfMaximumRate !== undefined) {
    for (const contender of setup.contenders) {
      const result = await putLoad(wsload, await serverOf(contender), workload.load, timing)
      maximumRates.set(contender, result.messagesPerSecond ?? Number.NaN)
    }
  }

  /** @type {Round[]} */
  const rounds = []
  for (let i = 1; i <= options.rounds; i++) {
    /** @type {Round} */
    const round = {}
    const contenders = [...setup.contenders]
    for (const contender of i % 2 ? contenders : contenders.reverse()) {
      const server = await serverOf(contender)
      const share = workload.shareOfMaximumRate
      const rate = share === undefined ? undefined : rateOf(contender, maximumRates, share)
      const generator = comparesClients ? clientCommand(contender, wsload) : wsload
      const result = await putLoad(generator, server, { ...workload.load, rate }, timing)
      round[contender] = result
      const cost = formatNumber(result[field] ?? Number.NaN)
      console.error(`${workload.name}, round ${i} of ${options.rounds}: ${contender} ${cost} ${unit}`)
      if (needsFreshServer) {
        servers.delete(contender)
        await server.stop()
      }
    }
    rounds.push(round)
  }
  await Promise.all([...servers.values()].map((server) => server.stop()))
  return rounds
}

/** @param {ReturnType<typeof parseCommandLine>} options */
async function main(options) {
  const needsOurs = options.workloads.some(({ metric }) => METRICS[metric].comparesClients)
  if (needsOurs || options.contenders.includes('ntyws')) checkOursIsBuilt()
  const cores = chooseCores()
  if (cores.warning) console.error(cores.warning)
  const programs = await compile()
  const certificate = options.workloads.some(({ load }) => load.tls) ? makeCertificate() : undefined
  const setup = { programs, contenders: options.contenders, cores, certificate }

  const endCircumstances = startCircumstances(options)
  const summaries = []
  for (const workload of options.workloads) {
    summaries.push(summarize(workload, await measureRow(setup, workload, options)))
  }
  const circumstances = endCircumstances()
  console.log(`\n${circumstancesLine(circumstances)}, min–max below; ratios are taken within each round.\n`)
  process.stdout.write(formatTable(summaries))
  await writeReport(options.output, 'bench', { ...circumstances, rows: summaries }, benchPictures(summaries))
}

await runCommand('bench', USAGE, parseCommandLine, main)
