// Puts the addon, stripped, where the package ships it: prebuilds/linux-<arch>/. Runs before `npm pack`, so that those who
// install the package need no compiler and no install script.
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

function run(command, ...args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) {
    console.error(`ntyws: ${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`)
    process.exit(1)
  }
}

const directory = `prebuilds/linux-${process.arch}`
run('node', 'scripts/build.mjs')
mkdirSync(`${root}${directory}`, { recursive: true })
run('strip', '--strip-unneeded', '-o', `${directory}/ntyws.node`, 'build/Release/ntyws.node')
