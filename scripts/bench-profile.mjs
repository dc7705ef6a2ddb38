// `npm run bench:profile`: where our server's CPU time goes under the loads of the benchmark, by sampling with perf (Debian:
// apt-get install linux-perf).

import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { makeCertificate } from '../test/bench/certificate.mjs'
import { chooseRows, parseOptions, runCommand } from '../test/bench/command-line.mjs'
import { compile } from '../test/bench/compile.mjs'
import { checkOursIsBuilt, serverArguments, serverCommand } from '../test/bench/contenders.mjs'
import { putLoad } from '../test/bench/load-generator.mjs'
import { opensslFunctions } from '../test/bench/openssl-functions.mjs'
import { chooseCores, startServer } from '../test/bench/processes.mjs'
import { PLACE_NAMES, sharesByPlace } from '../test/bench/profile-shares.mjs'
import { circumstancesLine, startCircumstances } from '../test/bench/report.mjs'
import { WORKLOADS } from '../test/bench/workloads.mjs'

const USAGE = `npm run bench:profile -- [options]
  --seconds S      of sampling for each row, default 3
  --only ROW       this row only; may be given several times
  --help
`

const ROWS = WORKLOADS.filter(({ metric, shareOfMaximumRate }) => metric === 'cpuPerMessage' && !shareOfMaximumRate)

function parseCommandLine() {
  const { only = [], ...values } = parseOptions({
    seconds: { type: 'string', default: '3' },
    only: { type: 'string', multiple: true },
  })
  return { ...values, rows: chooseRows(ROWS, only) }
}

/** @param {ReturnType<typeof parseCommandLine>} options */
async function main({ seconds, rows }) {
  if (spawnSync('perf', ['--version']).status !== 0) {
    throw new Error('perf is missing. On Debian and Ubuntu: apt-get install linux-perf')
  }

  checkOursIsBuilt()
  const cores = chooseCores()
  if (cores.warning) console.error(cores.warning)
  const { yardstick, wsload } = await compile()
  const directory = fileURLToPath(new URL('../out/bench', import.meta.url))
  mkdirSync(directory, { recursive: true })
  const fromOpenssl = opensslFunctions()
  const certificate = rows.some(({ load }) => load.tls) ? makeCertificate() : undefined
  const data = `${directory}/perf.data`
  // Without the first, V8's code has no names; without the others, it leaves a log in the current directory.
  const naming = ['--perf-basic-prof', '--no-logfile-per-isolate', `--logfile=${directory}/v8.log`]
  const [node, ...script] = serverCommand('ntyws', yardstick)

  const endCircumstances = startCircumstances({ rounds: 1, seconds })
  const lines = [
    `| row | µs/msg | ${PLACE_NAMES.join(' | ')} | outside kernel and OpenSSL |`,
    `| --- | --: | ${PLACE_NAMES.map(() => '--:').join(' | ')} | --- |`,
  ]
  for (const workload of rows) {
    const { name, load, outsideOpensslMax } = workload
    const args = serverArguments('ntyws', workload, certificate)
    const server = await startServer([node, ...naming, ...script], cores.server, { args })
    const loaded = putLoad(wsload, server, load, { seconds, warmupSeconds: 1, core: cores.generator })
    spawnSync('sleep', ['1'])
    // As much of the stack as it takes to see who called the C library.
    const sampling = ['record', '-q', '-e', 'cpu-clock', '-F', '2000', '--call-graph', 'dwarf,1024', '-o', data]
    spawnSync('perf', [...sampling, '-p', `${server.pid}`, '--', 'sleep', `${seconds}`])
    const { serverCpuUsPerMessage } = await loaded
    const shares = sharesByPlace(readProfile(data), fromOpenssl)
    const outside = 100 - shares[PLACE_NAMES.indexOf('kernel')] - shares[PLACE_NAMES.indexOf('OpenSSL')]
    const verdict =
      outsideOpensslMax && ` (≤ ${outsideOpensslMax} %: ${outside <= outsideOpensslMax ? 'met' : 'MISSED'})`
    const cells = [...shares, outside].map((share) => `${share.toFixed(0)} %`).join(' | ')
    lines.push(`| ${name} | ${serverCpuUsPerMessage.toPrecision(3)} | ${cells}${verdict ?? ''} |`)
    console.error(name)
    await server.stop()
    rmSync(`/tmp/perf-${server.pid}.map`, { force: true })
  }
  console.log(`\n${circumstancesLine(endCircumstances())}\n\n${lines.join('\n')}`)
}

/** @param {string} data */
function readProfile(data) {
  return spawnSync('perf', ['script', '-i', data, '--no-inline', '-F', 'ip,sym,dso'], {
    encoding: 'utf8',
    maxBuffer: 1 << 29,
  }).stdout
}

await runCommand('bench:profile', USAGE, parseCommandLine, main)
