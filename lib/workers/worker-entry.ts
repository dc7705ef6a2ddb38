// The program of a worker thread of serveWorkers(): loads the handler module and serves through the sockets it is given.

import { once } from 'node:events'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import type { SecureContextError } from '../base/errors.js'
import { handlersOf } from '../base/own-properties.js'
import { native } from '../bridge/native.js'
import { listenError } from '../server/listen-error.js'
import { checkServeOptions, handlerNames, ownServeOptions } from '../server/serve-options.js'
import { ServerImpl } from '../server/server.js'
import { ServerTls } from '../server/server-tls.js'
import type { ServeOptions } from '../types/index.js'
import { loadHandler } from './load-handler.js'
import { type FromWorker, statNames, statsIntervalMs, type ToWorker, type WorkerStart } from './worker-protocol.js'

const parent = parentPort as MessagePort
const tell = (message: FromWorker) => parent.postMessage(message)
const { handler, options: given, stats, ticketKeys, secureContexts } = workerData as WorkerStart

// An AbortSignal that the module exports would close this worker alone.
const { signal: _, ...exported } = { ...(await loadHandler(new URL(handler))), ...given } as ServeOptions<unknown>
const options = ownServeOptions(exported)
const nativeOptions = checkServeOptions(options)
const { port, host } = options
const tls = options.tls === undefined ? undefined : new ServerTls(options.tls, ticketKeys)
for (const [hostName, secureContext] of secureContexts) tls?.set(secureContext, hostName)
const { backlog, reusePort, closeTimeout } = nativeOptions
tell({
  loaded: {
    port,
    ...(host !== undefined && { host }),
    backlog,
    reusePort,
    closeTimeout,
    secure: tls !== undefined,
  },
})

const [{ sockets }] = (await once(parent, 'message')) as [Extract<ToWorker, { sockets: unknown }>]
const server = new ServerImpl(handlersOf(exported, handlerNames), options, nativeOptions, tls, (id) => {
  const { host, ports, descriptors } = sockets
  const errno = native.adopt(id, descriptors, ports)
  if (errno !== 0) {
    throw listenError(
      host,
      ports.map((port) => ({ port, errno })),
    )
  }
  return { host, ports }
})

const writeStats = () => {
  const current = server.stats()
  stats.set(statNames.map((name) => current[name]))
}
setInterval(writeStats, statsIntervalMs).unref()
process.once('exit', writeStats)

parent.on('message', async (message: Exclude<ToWorker, { sockets: unknown }>) => {
  if (message !== 'close') {
    const { options, hostName } = message.secureContext
    const error = await server.setSecureContext(options, hostName).catch((thrown: SecureContextError) => thrown)
    // What is told to another thread loses what it has beyond other errors.
    return tell({ secureContext: error ? { error, name: error.name, code: error.code } : undefined })
  }
  await server.close()
  process.exit() // this thread only, whatever the handler module has left running
})
tell('listening')
