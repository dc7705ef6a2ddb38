// `ntyws serve`: brings arguments, handler module, console page and live line together around serve().

import { constants } from 'node:os'
import { type ServeOptions, type Server, serve } from '../index.js'
import type { ServeCommand } from './arguments.js'
import { CommandError } from './command-error.js'
import { consolePage } from './console-page.js'
import { listeningLine } from './listening-line.js'
import { startLiveLine } from './live-line.js'
import { loadHandler } from './load-handler.js'

const portDefault = '8888-8987'
const hostDefault = '127.0.0.1'

const echo: Partial<ServeOptions<unknown>> = {
  message(socket, data) {
    socket.send(data)
  },
}

/**
 * Resolves when the server listens; it then runs until a signal ends the process.
 * @throws CommandError for what the user can put right, whatever the handler module throws while it loads.
 */
export async function serveCommand(command: ServeCommand): Promise<void> {
  const handlers = command.handler === undefined ? echo : await loadHandler(command.handler)
  const server = await listen({
    request: consolePage,
    ...handlers,
    port: command.port ?? handlers.port ?? portDefault,
    host: command.host ?? handlers.host ?? hostDefault,
  })
  // Before the line is printed: whoever waits for it may send a signal right away.
  let stopLiveLine = () => {}
  closeOnSignal(server, () => stopLiveLine())
  console.log(listeningLine(server.host, server.ports))

  if (process.stdout.isTTY && !command.quiet) {
    stopLiveLine = startLiveLine({
      stats: () => server.stats(),
      terminal: process.stdout,
      others: process.stderr.isTTY ? [process.stderr] : [],
    })
  }
}

const badOptionCodes = new Set(['ERR_INVALID_ARG_TYPE', 'ERR_INVALID_ARG_VALUE', 'ERR_OUT_OF_RANGE'])

async function listen(options: ServeOptions<unknown>): Promise<Server> {
  try {
    return await serve(options)
  } catch (error) {
    // What has no code is a bug, and is better shown with its stack.
    if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) throw error
    throw new CommandError(badOptionCodes.has(error.code) ? 2 : 1, error.message, { cause: error })
  }
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
