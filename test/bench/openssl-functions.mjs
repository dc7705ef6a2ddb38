// Which functions of the addon are OpenSSL's: those that its static libraries define, from which the addon is linked. None of
// ours can be among them, as C++ names are mangled.

import { execFileSync } from 'node:child_process'

/**
 * @returns {Set<string>} Their names, those of functions that no other file can see included.
 * @throws {Error} when the tools or the libraries are missing.
 */
export function opensslFunctions() {
  const libraries = ['libssl.a', 'libcrypto.a'].map((name) =>
    execFileSync('g++', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim(),
  )
  const listing = execFileSync('nm', ['--quiet', '--defined-only', '--format=posix', ...libraries], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  return new Set([...listing.matchAll(/^(\S+) [tTwW] /gm)].map(([, name]) => name))
}
