// `ntyws serve`: brings arguments, handler module, console page and live line together around serve().

import { constants } from 'node:os'
import {
  type ServeOptions,
  type Server,
  serve,
  serveWorkers,
  type WorkerExit,
  type WorkersOptions,
} from '../../index.js'
import type { ServeCommand } from '../arguments.js'
import { CommandError, type ExitStatus } from '../command-error.js'
import { commandHandlers } from './command-handlers.js'
import { listeningLine } from './listening-line.js'
import { startLiveLine } from './live-line.js'

/**
 * Resolves when the server listens; it then runs until a signal ends the process.
 * @throws CommandError for what the user can put right, whatever the handler module throws while it loads.
 */
export async function serveCommand(command: ServeCommand): Promise<void> {
  const server = await listen(command)
  // Before the line is printed: whoever waits for it may send a signal right away.
  let stopLiveLine = () => {}
  closeOnSignal(server, () => stopLiveLine())
  if (server.secure) readCertificatesOnSignal(server)
  console.log(listeningLine(server))

  if (process.stdout.isTTY && !command.quiet) {
    stopLiveLine = startLiveLine({
      stats: () => server.stats(),
      terminal: process.stdout,
      others: process.stderr.isTTY ? [process.stderr] : [],
    })
  }
}

const badArgumentCodes = new Set([
  'ERR_INVALID_ARG_TYPE',
  'ERR_INVALID_ARG_VALUE',
  'ERR_OUT_OF_RANGE',
  'ERR_INVALID_HANDLER_MODULE',
])

/** Those that ports and host are the arguments of. */
const failingCalls = new Set(['listen', 'getaddrinfo'])

async function listen(command: ServeCommand): Promise<Server> {
  try {
    return command.workers === undefined ? await listenHere(command) : await listenInWorkers(command, command.workers)
  } catch (error) {
    const exitStatus = exitStatusFor(error as NodeJS.ErrnoException)
    // What a handler module throws while it loads, or a bug, is better shown with its stack.
    if (exitStatus === undefined) throw error
    throw new CommandError(exitStatus, (error as Error).message, { cause: error })
  }
}

function exitStatusFor({ code = '', syscall = '', name }: NodeJS.ErrnoException): ExitStatus | undefined {
  if (badArgumentCodes.has(code)) return 2
  if (name === 'SecureContextError') return 1
  return failingCalls.has(syscall) ? 1 : undefined
}

async function listenHere(command: ServeCommand): Promise<Server> {
  const handlers = await commandHandlers(command.handler)
  const { port = handlers.port, host = handlers.host } = command
  return serve({ ...handlers, port, host, ...originsOf(command), ...tlsOf(command) })
}

function listenInWorkers(command: ServeCommand, workers: number): Promise<Server> {
  const { handler, port, host } = command
  const module = new URL('./worker-handlers.js', import.meta.url)
  if (handler !== undefined) module.searchParams.set('handler', handler)
  return serveWorkers(module, {
    workers,
    ...(port !== undefined && { port }),
    ...(host !== undefined && { host }),
    ...originsOf(command),
    ...tlsOf(command),
    workerExit: (exit) => console.error(workerExitLine(exit)),
  })
}

function originsOf({ origins }: ServeCommand): Pick<WorkersOptions, 'origins'> {
  return origins === undefined ? {} : { origins }
}

function tlsOf({ cert, key, ca }: ServeCommand): Pick<ServeOptions, 'tls'> {
  if (cert === undefined || key === undefined) return {}
  return { tls: { cert, key, ...(ca !== undefined && { ca, requestCert: true }) } }
}

function workerExitLine({ worker, exitCode, error, restartDelay }: WorkerExit): string {
  const when = restartDelay === 0 ? 'now' : `in ${restartDelay} ms`
  const reason = error ? `died of ${error.stack ?? error}` : `ended with exit code ${exitCode}`
  return `ntyws: worker ${worker} ${reason}\nntyws: another worker ${worker} starts ${when}`
}

// Of what is wrong then, the certificates of before are left in use.
function readCertificatesOnSignal(server: Server): void {
  process.on('SIGHUP', () => {
    server.setSecureContext().then(
      () => console.log('certificates read again'),
      (error: Error) => console.error(`ntyws: certificates not read again: ${error.message}`),
    )
  })
}

// The first signal lets connections finish, the second does not wait for them.
function closeOnSignal(server: Server, beforeClose: () => void): void {
  let closing = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, async () => {
      if (closing) process.exit(128 + constants.signals[signal])
      closing = true
      beforeClose()
      await server.close()
      process.exit(0)
    })
  }
}
