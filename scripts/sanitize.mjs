// `npm run sanitize [vitest's arguments…]`: runs the tests that talk to the addon against one that is built with
// AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer, within Node. It works on a copy of the tree, so that the
// addon and the tests find each other as ever, and the usual build stays. Findings are shown; the exit status is 1 when
// there was one, or when a test failed.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const copy = `${root}out/sanitized`
const reports = `${copy}/out/reports`

/**
 * Not the tests with a browser: it does not start with another library before its own. Nor what starts a process for
 * each line of the command's help, or sends the large conformance cases a second time: minutes, and no other native code.
 * Nor what measures memory closely: the sanitizer's allocator keeps what was freed.
 */
const LEFT_OUT = ['console', 'chromium', 'cli', 'server-tls', 'client-tls', 'dialled-memory', 'deflate-memory']
const TESTS = [
  ...['test/integration', 'test/faults', 'test/conformance'],
  ...LEFT_OUT.flatMap((name) => ['--exclude', `**/${name}.test.ts`]),
  '--testTimeout=60000', // all takes three times as long
]

const FLAGS = '-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -fno-lto -O1 -g1'

const library = sanitizerLibrary()
makeCopy()
if (run('node', ['scripts/build.mjs'], { CXXFLAGS: FLAGS, LDFLAGS: FLAGS }) !== 0) process.exit(1)
const chosen = process.argv.slice(2)
const status = run('npx', ['--no-install', 'vitest', 'run', ...(chosen.length > 0 ? chosen : TESTS)], {
  LD_PRELOAD: library,
  // Freed memory is kept from reuse only as far as tests that measure memory allow.
  ASAN_OPTIONS: `log_path=${reports}/report:detect_leaks=1:quarantine_size_mb=8`,
  // Leaks of others do not change how a process ends.
  LSAN_OPTIONS: 'exitcode=0',
  UBSAN_OPTIONS: `print_stacktrace=1:log_path=${reports}/report`,
})
const found = findings()
for (const each of found) console.error(`\n${each}`)
console.log(`sanitize: ${found.length} ${found.length === 1 ? 'finding' : 'findings'}`)
process.exit(status === 0 && found.length === 0 ? 0 : 1)

/** Where the compiler has the library that must be loaded before all others. */
function sanitizerLibrary() {
  const { stdout } = spawnSync('g++', ['-print-file-name=libasan.so'], { encoding: 'utf8' })
  const file = stdout?.trim() ?? ''
  if (existsSync(file)) return file
  console.error('sanitize: libasan is missing. On Debian and Ubuntu: apt-get install g++')
  process.exit(1)
}

function makeCopy() {
  // Two biome.json, one within the other, would be an error of `npm run lint`.
  const left = new Set(['.git', 'node_modules', 'build', 'dist', 'out', 'prebuilds', 'biome.json'])
  mkdirSync(copy, { recursive: true })
  for (const name of readdirSync(copy)) {
    if (name !== 'build') rmSync(`${copy}/${name}`, { recursive: true }) // objects need not be made anew
  }
  for (const name of readdirSync(root)) {
    if (!left.has(name)) cpSync(`${root}${name}`, `${copy}/${name}`, { recursive: true, preserveTimestamps: true })
  }
  symlinkSync(`${root}node_modules`, `${copy}/node_modules`)
  mkdirSync(reports, { recursive: true })
}

function run(command, args, environment) {
  return spawnSync(command, args, { cwd: copy, stdio: 'inherit', env: { ...process.env, ...environment } }).status
}

function findings() {
  return readdirSync(reports).flatMap((name) => {
    const text = readFileSync(`${reports}/${name}`, 'utf8')
    const [head, ...leaks] = text.split(/^(?=(?:Direct|Indirect) leak of )/m)
    return head.includes('LeakSanitizer') ? leaks.filter(isOurs) : [text]
  })
}

/**
 * Whether the addon's code allocated what leaked, by itself or through a Node-API call. What V8 allocates on the way, and
 * what Node and the tests' other processes hold, is left to the system when a process ends.
 * @param {string} leak with its stack, innermost first
 */
function isOurs(leak) {
  const ours = leak.indexOf('/ntyws.node')
  return ours >= 0 && !leak.slice(0, ours).includes('v8::internal')
}
