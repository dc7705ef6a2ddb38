// `npm run fuzz`: builds the fuzzers of test/fuzz and runs them, as many at a time as there are processors. They start from the
// committed corpus and from what earlier runs have gathered in out/fuzz/gathered; an input that fails joins the committed
// corpus, which the native tests replay. The exit status is 1 when there was one.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const out = `${root}out/fuzz`
const sources = `${root}test/fuzz`
const TARGETS = readdirSync(sources)
  .filter((name) => name.endsWith('.cc') && name !== 'entry.cc')
  .map((name) => name.slice(0, -'.cc'.length))

const USAGE = `npm run fuzz -- [target…] [--seconds N]
  --seconds N   for each target, default 60
  --help
Targets, all by default: ${TARGETS.join(', ')}
`

/** What a target is run with besides. @type {Record<string, string[]>} */
const FLAGS = {
  request_head: [`-dict=${sources}/http.dict`, '-max_len=1500'],
  opening_request: [`-dict=${sources}/http.dict`, '-max_len=1500'],
  opening_response: [`-dict=${sources}/http.dict`, '-max_len=1500'],
  utf8: ['-max_len=400'],
  deflate_negotiation: [`-dict=${sources}/extensions.dict`, '-max_len=300'],
  message_deflate: ['-max_len=3000'],
  frame_header: ['-max_len=24'],
  close_payload: ['-max_len=300'],
  client_hello_size: ['-max_len=100'],
  port_range: ['-max_len=200'],
  tls_records: ['-max_len=600'],
}

function fail(status, message) {
  console.error(`fuzz: ${message}`)
  process.exit(status)
}

function parseCommandLine() {
  let parsed
  try {
    parsed = parseArgs({
      options: { seconds: { type: 'string', default: '60' }, help: { type: 'boolean', short: 'h', default: false } },
      allowPositionals: true,
    })
  } catch (error) {
    fail(2, `${error.message}\n\n${USAGE}`)
  }
  const { values, positionals } = parsed
  const seconds = Number(values.seconds)
  if (!Number.isInteger(seconds) || seconds < 1) fail(2, '--seconds takes a whole number from 1 on')
  const unknown = positionals.find((name) => !TARGETS.includes(name))
  if (unknown) fail(2, `no target is named '${unknown}'\n\n${USAGE}`)
  return { help: values.help, seconds, targets: positionals.length > 0 ? positionals : TARGETS }
}

function checkPrerequisites() {
  const links = spawnSync('clang++', ['-fsanitize=fuzzer,address', '-x', 'c++', '-', '-o', '/dev/null'], {
    input:
      '#include <cstddef>\n#include <cstdint>\n#include <span>\n' +
      'extern "C" int LLVMFuzzerTestOneInput(const uint8_t*, size_t) { return 0; }\n',
  })
  if (links.status === 0) return
  // Debian 12 has a package of the runtime for each version of clang only.
  const { stdout } = spawnSync('clang++', ['-dumpversion'], { encoding: 'utf8' })
  const version = stdout ? Number.parseInt(stdout, 10) : 14
  const what = links.error ? 'clang++ is missing' : 'the fuzzing runtime of clang++ is missing'
  fail(1, `${what}. On Debian and Ubuntu: apt-get install clang libclang-rt-${version}-dev`)
}

/** @param {string} target */
async function run(target, seconds) {
  const gathered = `${out}/gathered/${target}`
  const findings = `${out}/findings/${target}`
  const corpus = `${sources}/corpus/${target}`
  rmSync(findings, { recursive: true, force: true })
  for (const directory of [gathered, findings, corpus]) mkdirSync(directory, { recursive: true })
  const flags = [`-max_total_time=${seconds}`, '-timeout=10', '-print_final_stats=1', `-artifact_prefix=${findings}/`]
  const fuzzer = spawn(`${out}/${target}`, [...flags, ...(FLAGS[target] ?? []), gathered, corpus], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const [[status, signal], stderr] = await Promise.all([once(fuzzer, 'close'), text(fuzzer.stderr)])
  // Inputs that are merely slow are noted in the same place, and fail nothing.
  const found = readdirSync(findings).filter((name) => !name.startsWith('slow-unit'))
  for (const name of found) copyFileSync(`${findings}/${name}`, `${corpus}/${name}`)
  const failed = status !== 0 || found.length > 0
  if (failed) {
    console.error(stderr.slice(-6000))
    console.error(`fuzz: ${target} ended with ${signal ?? status}; again: out/fuzz/${target} FILE, with FILE one of`)
    for (const name of found) console.error(`  test/fuzz/corpus/${target}/${name}`)
  }
  return { target, ...readFigures(stderr), findings: found.length, failed }
}

/** @param {string} log libFuzzer's */
function readFigures(log) {
  const stat = (name) => Number(new RegExp(`^stat::${name}:\\s+(\\d+)$`, 'm').exec(log)?.[1] ?? Number.NaN)
  // A line for each progress: "#1234 NEW cov: 56 ft: 78 corp: 9/1011b …".
  const last = [...log.matchAll(/^#\d+\s.*\bcov: (\d+) ft: (\d+) corp: (\d+)/gm)].at(-1)
  return {
    executions: stat('number_of_executed_units'),
    perSecond: stat('average_exec_per_sec'),
    coverage: Number(last?.[1] ?? Number.NaN),
    features: Number(last?.[2] ?? Number.NaN),
    corpus: Number(last?.[3] ?? Number.NaN),
  }
}

function formatTable(results) {
  const rows = [
    ['target', 'executions', 'exec/s', 'coverage', 'features', 'corpus', 'findings'],
    ...results.map((result) =>
      [
        result.target,
        result.executions,
        result.perSecond,
        result.coverage,
        result.features,
        result.corpus,
        result.findings,
      ].map(String),
    ),
  ]
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  return rows
    .map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '))
    .join('\n')
}

const options = parseCommandLine()
if (options.help) {
  process.stdout.write(USAGE)
  process.exit(0)
}
checkPrerequisites()
const build = ['--silent', '-j', String(availableParallelism()), '-C', sources]
if (
  spawnSync('make', [...build, ...options.targets.map((target) => `../../out/fuzz/${target}`)], { stdio: 'inherit' })
    .status !== 0
) {
  fail(1, 'the build failed, see above')
}
for (const target of options.targets) {
  if (!existsSync(`${out}/${target}`)) fail(1, `the build has made no ${target}`)
}

const results = []
const left = options.targets.entries()
async function runThem() {
  for (const [i, target] of left) {
    console.error(`${target}: ${options.seconds} s`)
    results[i] = await run(target, options.seconds)
  }
}
await Promise.all(Array.from({ length: availableParallelism() }, runThem))
console.log(`\n${formatTable(results)}`)
process.exit(results.some(({ failed }) => failed) ? 1 : 0)
