// Builds the addon (build/Release/ntyws.node) and the TypeScript (dist/). Says in one sentence what the system lacks, and
// shows compiler output only when something fails.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { missingPrerequisites } from './prerequisites.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

function run(what, args) {
  const { status, stdout, stderr } = spawnSync('npx', ['--no-install', ...args], { cwd: root, encoding: 'utf8' })
  if (status === 0) return
  process.stderr.write(stdout + stderr)
  console.error(`ntyws: ${what} failed, see above`)
  process.exit(1)
}

const missing = missingPrerequisites()
if (missing) {
  console.error(missing)
  process.exit(1)
}

run('building the addon', ['node-gyp', 'configure', 'build', '--jobs', String(availableParallelism())])

rmSync(`${root}/dist`, { recursive: true, force: true })
run('compiling TypeScript', ['tsc', '-p', '.'])
mkdirSync(`${root}/dist/cli`, { recursive: true })
for (const name of readdirSync(`${root}/lib/cli/pages`).filter((file) => file.endsWith('.html'))) {
  cpSync(`${root}/lib/cli/pages/${name}`, `${root}/dist/cli/pages/${name}`)
}
