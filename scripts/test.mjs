// Runs every test: builds, then the native tests under ASan and UBSan, the type tests, and vitest's. With a name, those in
// files whose name contains it. Ends with one line of totals, `N passed, M failed`; the exit status is 1 when anything
// failed, or nothing has that name.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const reportFile = `${root}out/vitest.json`
const name = process.argv[2] ?? '' // which every name contains
let passed = 0
let failed = 0

function run(command, args, options = {}) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
}

/** Whether a file there, without this ending, is named so. */
function hasFile(directory, ending) {
  return readdirSync(`${root}${directory}`).some(
    (file) => file.endsWith(ending) && file.slice(0, -ending.length).includes(name),
  )
}

/** A step that counts as one test, as it has no count of its own. */
function runStep(title, command, args) {
  console.log(`\n— ${title}`)
  if (run(command, args).status === 0) passed++
  else failed++
}

function runNativeTests() {
  console.log('\n— native tests, under AddressSanitizer and UndefinedBehaviorSanitizer')
  const build = run('make', ['--silent', '-j', String(availableParallelism()), '-C', 'test/native'])
  if (build.status !== 0) {
    failed++
    return
  }
  const { stdout, status } = run('make', ['--silent', '-C', 'test/native', 'run', `FILTER=${name}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  })
  process.stdout.write(stdout)
  const totals = /^(\d+) passed, (\d+) failed$/m.exec(stdout)
  passed += Number(totals?.[1] ?? 0)
  failed += Number(totals?.[2] ?? 1)
  if (totals?.[2] === '0' && status !== 0) failed++ // a sanitizer ended the process
}

function runVitest() {
  console.log('\n— unit and integration tests')
  rmSync(reportFile, { force: true })
  const { status } = run('npx', [
    '--no-install',
    'vitest',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile=${reportFile}`,
    ...(name ? [name, '--passWithNoTests'] : []),
  ])
  let report
  try {
    report = JSON.parse(readFileSync(reportFile, 'utf8'))
  } catch {
    failed++
    return
  }
  passed += report.numPassedTests
  failed += report.numFailedTests
  // Errors outside of tests, and files that could not be loaded, fail the run without a failed test.
  if (status !== 0 && report.numFailedTests === 0) failed++
}

console.log('— build')
if (run('node', ['scripts/build.mjs']).status !== 0) process.exit(1)
mkdirSync(`${root}out`, { recursive: true })
if (hasFile('test/native', '_test.cc')) runNativeTests()
if (hasFile('test/types', '.ts')) runStep('type tests', 'npx', ['--no-install', 'tsc', '-p', 'test/types'])
runVitest()

if (passed + failed === 0) {
  console.error(`no test file's name contains '${name}'`)
  failed++
}
console.log(`\n${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
