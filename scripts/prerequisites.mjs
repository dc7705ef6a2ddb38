// Looks for what a build needs from the system, and says in a sentence what is missing and how to get it.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

function runs(command, ...args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}

function compiles(...includes) {
  const source = `${includes.map((name) => `#include <${name}>\n`).join('')}int main() {}\n`
  return spawnSync('g++', ['-std=c++20', '-x', 'c++', '-fsyntax-only', '-'], { input: source }).status === 0
}

function hasStaticLibrary(name) {
  const found = spawnSync('g++', [`-print-file-name=${name}`], { encoding: 'utf8' }).stdout?.trim()
  return found !== undefined && found !== name && existsSync(found)
}

const haveCompiler = runs('g++', '--version')

const needs = [
  { what: 'python3 (for node-gyp)', package: 'python3', found: runs('python3', '--version') },
  { what: 'make', package: 'make', found: runs('make', '--version') },
  { what: 'the C++ compiler g++, version 11 or later', package: 'g++', found: haveCompiler && compiles('span', 'bit') },
  {
    what: 'OpenSSL with its headers and static libraries',
    package: 'libssl-dev',
    found:
      !haveCompiler || (compiles('openssl/ssl.h') && hasStaticLibrary('libssl.a') && hasStaticLibrary('libcrypto.a')),
  },
]

/** A sentence about what is missing, or undefined when all is there. */
export function missingPrerequisites() {
  const missing = needs.filter(({ found }) => !found)
  if (missing.length === 0) return undefined
  const what = missing.map((need) => need.what).join(', ')
  const packages = missing.map((need) => need.package).join(' ')
  return `ntyws cannot be built: ${what} ${missing.length === 1 ? 'is' : 'are'} missing. On Debian and Ubuntu: apt-get install ${packages}`
}
