// Checks the formatting of all C++, or mends it with --write. Needs clang-format (Debian: apt-get install clang-format).
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const { stdout } = spawnSync('git', ['ls-files', '*.cc', '*.h'], { cwd: root, encoding: 'utf8' })
const files = stdout.split('\n').filter(Boolean)
const mode = process.argv.includes('--write') ? ['-i'] : ['--dry-run', '--Werror']
const { status, error } = spawnSync('clang-format', ['--style=file', ...mode, ...files], {
  cwd: root,
  stdio: 'inherit',
})
if (error) console.error('clang-format is missing. On Debian and Ubuntu: apt-get install clang-format')
process.exit(status ?? 1)
