// Where the samples of a profile belong.

import { basename } from 'node:path'

/** @typedef {{ object: string, symbol: string }} Frame */

/** The first that fits. @type {{ name: string, is: (frame: Frame, fromOpenssl: ReadonlySet<string>) => boolean }[]} */
const PLACES = [
  { name: 'kernel', is: ({ object }) => object === '[kernel.kallsyms]' || object === '[unknown]' },
  { name: 'OpenSSL', is: ({ object, symbol }, fromOpenssl) => object === 'ntyws.node' && fromOpenssl.has(symbol) },
  { name: 'addon', is: ({ object }) => object === 'ntyws.node' },
  { name: 'TypeScript', is: ({ object, symbol }) => /^perf-\d+\.map$/.test(object) || symbol.startsWith('Builtins_') },
  { name: 'garbage collection', is: ({ symbol }) => /Scaveng|Mark|Sweep|Heap|Evacuat|GCTracer/.test(symbol) },
  { name: 'Node and V8', is: ({ object }) => object === 'node' },
  { name: 'other', is: () => true },
]

export const PLACE_NAMES = PLACES.map(({ name }) => name)

/**
 * The C library works for whoever called it: a copy that OpenSSL makes is OpenSSL's.
 * @param {string} script What `perf script -F ip,sym,dso` prints of a profile with call chains.
 * @param {ReadonlySet<string>} fromOpenssl Names of functions.
 * @returns {number[]} In percent of all samples, for each of PLACE_NAMES.
 */
export function sharesByPlace(script, fromOpenssl) {
  const counts = PLACES.map(() => 0)
  const samples = script.split(/\n\n+/).map(framesOf)
  for (const frames of samples.filter(({ length }) => length > 0)) {
    const frame = frames.find(({ object }) => !isSharedCode(object)) ?? frames[0]
    counts[PLACES.findIndex(({ is }) => is(frame, fromOpenssl))]++
  }
  const total = counts.reduce((sum, each) => sum + each, 0)
  return counts.map((count) => (100 * count) / total)
}

/** @param {string} sample @returns {Frame[]} The innermost first. */
function framesOf(sample) {
  return [...sample.matchAll(/^\s*[0-9a-f]+ (.*) \(([^()]*)\)$/gm)].map(([, symbol, path]) => ({
    object: path.startsWith('[') ? path : basename(path),
    symbol,
  }))
}

/** @param {string} object */
function isSharedCode(object) {
  return /^(libc|libm|libstdc\+\+|libpthread)[.-]/.test(object) || object === '[vdso]'
}
