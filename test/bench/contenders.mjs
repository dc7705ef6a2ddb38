// The servers that are compared, and the clients, and how each is started.

import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** @typedef {import('./summary.mjs').Contender} Contender */

/** In the order in which every other round measures them; those between go backwards. @type {readonly Contender[]} */
export const CONTENDERS = ['yardstick', 'ntyws', 'ws']

/** @param {string} path Relative to the top of the package. */
function inPackage(path) {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url))
}

/** @throws {Error} that says what to run. */
export function checkOursIsBuilt() {
  const buildDirectory = inPackage('build/Release')
  const hasAddon = existsSync(buildDirectory) && readdirSync(buildDirectory).some((name) => name.endsWith('.node'))
  const missing = !existsSync(inPackage('dist/index.js')) ? 'dist/index.js' : !hasAddon && 'the addon'
  if (missing) throw new Error(`${missing} is missing: run \`npm run build\` first`)
}

/**
 * @param {Contender} contender
 * @param {string} wsload Path of the program, which is the yardstick of clients.
 * @returns {string[]} For `putLoad`.
 */
export function clientCommand(contender, wsload) {
  if (contender === 'yardstick') return [wsload]
  return [process.execPath, inPackage(`test/bench/clients/${contender}.mjs`)]
}

/**
 * @param {Contender} contender
 * @param {string} yardstick Path of the program.
 * @returns {string[]} For `startServer`.
 */
export function serverCommand(contender, yardstick) {
  if (contender === 'yardstick') return [yardstick]
  return [process.execPath, inPackage(`test/bench/servers/${contender}.mjs`)]
}

/**
 * @param {Contender} contender
 * @param {import('./workloads.mjs').Workload} workload
 * @param {ReturnType<typeof import('./certificate.mjs').makeCertificate>} [certificate] For rows with TLS.
 * @returns {string[]} For `startServer`.
 */
export function serverArguments(contender, { handlers = [], binaryType, load }, certificate) {
  const binary = contender === 'ntyws' && binaryType ? [binaryType] : []
  const tls = load.tls && certificate ? ['--cert', certificate.cert, '--key', certificate.key] : []
  return [...handlers, ...binary, ...tls]
}
