// Starts the benchmark's processes on the cores chosen for them, and sees to it that none outlives the script.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { text } from 'node:stream/consumers'

const READY_TIMEOUT_MS = 10_000

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set()

// SIGKILL, because this is the last moment and nothing here has anything to save.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
for (const [signal, number] of /** @type {const} */ ([
  ['SIGINT', 2],
  ['SIGTERM', 15],
  ['SIGHUP', 1],
])) {
  process.on(signal, () => process.exit(128 + number))
}

/**
 * @typedef {object} Cores
 * @property {number} [server]
 * @property {number} [generator]
 * @property {string} [warning] Why nothing is pinned.
 */

/**
 * The first two cores that we may use: 0 and 1, unless we were confined to others.
 * @returns {Cores}
 */
export function chooseCores() {
  const allowed = allowedCores()
  if (allowed.length < 2) {
    return { warning: 'only one core: servers and generator cannot be pinned apart and share it' }
  }
  if (spawnSync('taskset', ['--version']).error) {
    return { warning: 'taskset was not found: nothing is pinned, figures will vary more' }
  }
  return { server: allowed[0], generator: allowed[1] }
}

function allowedCores() {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })
}

/**
 * taskset replaces itself by the command, so that the child's pid is the command's own.
 * @param {string[]} command
 * @param {number | undefined} core
 */
function start(command, core) {
  const [file, ...args] = core === undefined ? command : ['taskset', '-c', String(core), ...command]
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}

/**
 * @typedef {object} Server
 * @property {number} pid
 * @property {string} ports A port or a range of them, `8888` or `8888-8987`.
 * @property {() => Promise<void>} stop
 */

/**
 * Resolves once the server has printed `ready`.
 * @param {string[]} command Gets the ports as one more argument, and then `args`.
 * @param {number | undefined} core
 * @param {{ portCount?: number, args?: string[] }} [options]
 * @returns {Promise<Server>}
 * @throws {Error} with what the server wrote on stderr, when it ends or is not ready in time.
 */
export async function startServer(command, core, { portCount = 1, args = [] } = {}) {
  const ports = await freePorts(portCount)
  const child = start([...command, ports, ...args], core)
  const exited = once(child, 'exit')
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    errors += chunk
  })

  const timeout = AbortSignal.timeout(READY_TIMEOUT_MS)
  const outcome = await Promise.race([
    printed(child.stdout, 'ready').then(() => 'ready'),
    exited.then(([code, signal]) => `ended with ${signal ?? `status ${code}`}`),
    once(timeout, 'abort').then(() => `was not ready within ${READY_TIMEOUT_MS / 1000} s`),
  ])
  if (outcome !== 'ready') {
    child.kill('SIGKILL')
    throw new Error(`${command.join(' ')} ${outcome}\n${errors}`)
  }
  return {
    pid: /** @type {number} */ (child.pid),
    ports,
    async stop() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

/**
 * Never resolves when the stream ends without the word: the process's exit tells that better.
 * @param {import('node:stream').Readable} stream
 * @param {string} word
 */
function printed(stream, word) {
  let output = ''
  return new Promise((resolve) => {
    stream.setEncoding('utf8').on('data', (chunk) => {
      output += chunk
      if (output.includes(word)) resolve(undefined)
    })
  })
}

// Below the ports that Linux gives to clients by default, so that a range stays free while connections come.
const FIRST_PORT = 10_000
const LAST_PORT = 32_000

/**
 * Another process may take a port before our server does; the server then fails and says so.
 * @param {number} count
 * @returns {Promise<string>} `8888` or `8888-8987`
 */
async function freePorts(count) {
  for (;;) {
    const first = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT - count))
    const ports = Array.from({ length: count }, (_, i) => first + i)
    if ((await Promise.all(ports.map(isFree))).every(Boolean))
      return count === 1 ? `${first}` : `${first}-${ports.at(-1)}`
  }
}

/** @param {number} port */
async function isFree(port) {
  const server = createServer().listen(port, '127.0.0.1')
  const free = await once(server, 'listening').then(
    () => true,
    () => false,
  )
  server.close()
  return free
}

/**
 * Runs a program to its end.
 * @param {string[]} command
 * @param {number | undefined} core
 * @returns {Promise<string>} What it wrote on stdout.
 * @throws {Error} with what it wrote on stderr, when its status is not 0.
 */
export async function run(command, core) {
  const child = start(command, core)
  const [output, errors, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ])
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${signal ?? `status ${code}`}\n${errors}`)
  return output
}
