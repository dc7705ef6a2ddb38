// Checks the formatting of all C++, or mends it with --write. Needs clang-format (Debian: apt-get install clang-format).
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const listed = ['ls-files', '--cached', '--others', '--exclude-standard', '*.cc', '*.h']
const { stdout } = spawnSync('git', listed, { cwd: root, encoding: 'utf8' })
const files = stdout.split('\n').filter((file) => file !== '' && existsSync(root + file))
const mode = process.argv.includes('--write') ? ['-i'] : ['--dry-run', '--Werror']
const { status, error } = spawnSync('clang-format', ['--style=file', ...mode, ...files], {
  cwd: root,
  stdio: 'inherit',
})
if (error) console.error('clang-format is missing. On Debian and Ubuntu: apt-get install clang-format')
process.exit(status ?? 1)
