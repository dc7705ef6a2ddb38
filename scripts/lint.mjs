// Checks what needs no run: formatting and lint of TypeScript and C++, the layers of native/ and rooms of lib/, and that generated code is up
// to date. Says everything that is wrong; the exit status is 1 when anything is.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { layerViolations } from './layers.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
let sound = true

function check(title, command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: root, encoding: 'utf8' })
  if (status === 0) return console.log(`ok      ${title}`)
  sound = false
  console.log(`wrong   ${title}\n${error ? error.message : stdout + stderr}`)
}

check('TypeScript and scripts: format and lint', 'npx', ['--no-install', 'biome', 'check', '--error-on-warnings', '.'])
check('TypeScript: types', 'npx', ['--no-install', 'tsc', '--noEmit', '-p', '.'])
check('C++: format', 'node', ['scripts/clang-format.mjs'])
check('generated record layout', 'node', ['scripts/record-layout.mjs', '--check'])
check('list of conformance cases', 'node', ['scripts/conformance-table.mjs', '--check'])
check('figures and plots of docs/performance.md', 'node', ['scripts/performance-page.mjs', '--check'])

const violations = layerViolations()
if (violations.length === 0) {
  console.log('ok      layers of native/ and rooms of lib/')
} else {
  sound = false
  console.log(`wrong   layers of native/ and rooms of lib/\n${violations.join('\n')}`)
}
process.exit(sound ? 0 : 1)
