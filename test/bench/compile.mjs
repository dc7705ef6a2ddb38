// Builds the yardstick and the load generator from the C++ beside this file into out/bench.

import { execFile } from 'node:child_process'
import { mkdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const SOURCES = fileURLToPath(new URL('.', import.meta.url))
const OUTPUT = fileURLToPath(new URL('../../out/bench/', import.meta.url))
const FLAGS = ['-std=c++20', '-Wall', '-Wextra', '-Werror']

// What x86-64-v3 adds, by the kernel's names. Linux calls LZCNT `abm`.
const V3_FEATURES = ['avx', 'avx2', 'bmi1', 'bmi2', 'f16c', 'fma', 'abm', 'movbe']

/**
 * Always compiles: that takes a second or two, and a stale yardstick would spoil every ratio.
 * @returns {Promise<{ yardstick: string, wsload: string }>} The paths of the programs.
 * @throws {Error} with the compiler's output.
 */
export async function compile() {
  await mkdir(OUTPUT, { recursive: true })
  const programs = { yardstick: `${OUTPUT}yardstick`, wsload: `${OUTPUT}wsload` }
  const architecture = (await hasV3()) ? ['-march=x86-64-v3'] : []
  await Promise.all([
    compileOne('yardstick.cc', programs.yardstick, ['-O3', ...architecture], ['-lssl', '-lcrypto']),
    compileOne('wsload.cc', programs.wsload, ['-O2'], ['-lssl', '-lcrypto']),
  ])
  return programs
}

/**
 * @param {string} source
 * @param {string} output
 * @param {string[]} flags
 * @param {string[]} libraries
 */
async function compileOne(source, output, flags, libraries) {
  const compiler = process.env.CXX || 'g++'
  const args = [...FLAGS, ...flags, '-o', output, SOURCES + source, ...libraries]
  try {
    await promisify(execFile)(compiler, args)
  } catch (error) {
    if (error.code === 'ENOENT') {
      throw new Error(`${compiler} is needed to build the yardstick and the load generator, and was not found`)
    }
    throw new Error(`${source} does not compile (OpenSSL's headers are needed too):\n${error.stderr}`)
  }
}

async function hasV3() {
  const flags = /^flags\s*:(.*)$/m.exec(await readFile('/proc/cpuinfo', 'utf8'))?.[1].split(' ') ?? []
  return V3_FEATURES.every((feature) => flags.includes(feature))
}
