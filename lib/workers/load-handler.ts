// Loads a handler module and takes from it what serve() understands.

import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { invalidHandlerModule } from '../base/errors.js'
import { memberOf } from '../base/own-properties.js'
import type { ServeOptions } from '../types/index.js'

// Complete by its type: an option that serve() gains has to be entered here.
const kinds: Record<keyof ServeOptions, 'handler' | 'option'> = {
  open: 'handler',
  message: 'handler',
  ping: 'handler',
  pong: 'handler',
  drain: 'handler',
  error: 'handler',
  close: 'handler',
  upgrade: 'handler',
  handleProtocols: 'handler',
  request: 'handler',
  tlsError: 'handler',
  port: 'option',
  host: 'option',
  backlog: 'option',
  reusePort: 'option',
  tls: 'option',
  maxPayload: 'option',
  maxFragments: 'option',
  maxMessagesPerSecond: 'option',
  maxBytesPerSecond: 'option',
  binaryType: 'option',
  perMessageDeflate: 'option',
  highWaterMark: 'option',
  handshakeTimeout: 'option',
  upgradeTimeout: 'option',
  closeTimeout: 'option',
  outboundPolicy: 'option',
  maxOutbound: 'option',
  idleTimeout: 'option',
  sendPings: 'option',
  maxLifetime: 'option',
  maxConnections: 'option',
  maxConnectionsPerAddress: 'option',
  ipv6PrefixLength: 'option',
  maxHeaderSize: 'option',
  maxHeadersCount: 'option',
  origins: 'option',
  signal: 'option',
}

type Fields = Record<string, unknown>

/**
 * Handlers and options of `serve` that a module (.ts, .js, .mjs or .cjs) exports, as its default or by name.
 * @param file a `file:` URL, or a path relative to the working directory.
 * @throws TypeError with the code `ERR_INVALID_HANDLER_MODULE` when there is no such file or it exports no handlers;
 * whatever the module throws itself comes through as it is.
 */
export async function loadHandler(file: string | URL): Promise<Partial<ServeOptions<unknown>>> {
  const url = file instanceof URL ? file : pathToFileURL(resolve(file))
  const path = fileURLToPath(url)
  const shown = file instanceof URL ? path : file
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
    throw invalidHandlerModule(`handler file '${shown}' not found`)
  }

  const exported = findHandlers(await importModule(url))
  if (exported === undefined) {
    throw invalidHandlerModule(
      `handler file '${shown}' exports no handlers: it needs an open, message or other handler function`,
    )
  }
  return takeOptions(exported)
}

// jiti loads TypeScript on every Node alike: Node 20 cannot, and later ones take a .ts file for CommonJS wherever
// `npm init` has written so into package.json, and then refuse its imports.
async function importModule(url: URL): Promise<unknown> {
  if (/\.[cm]?ts$/.test(url.pathname)) {
    const { createJiti } = await import('jiti')
    return createJiti(import.meta.url).import(fileURLToPath(url))
  }
  return import(url.href)
}

/** The default export when it has handlers, else the named exports. */
function findHandlers(module: unknown): Fields | undefined {
  const fallback = field(module, 'default')
  // CommonJS that was compiled from `export default` has its default inside the default that import() gives.
  return [field(fallback, 'default'), fallback, module].find(hasHandler)
}

function field(value: unknown, name: string): unknown {
  return isObject(value) ? memberOf(value, name) : undefined
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}

function hasHandler(value: unknown): value is Fields {
  return (
    isObject(value) &&
    Object.entries(kinds).some(([name, kind]) => kind === 'handler' && typeof memberOf(value, name) === 'function')
  )
}

// Reads by name rather than by spreading, and binds, so that an instance of a class is an object of handlers too.
function takeOptions(exported: Fields): Partial<ServeOptions<unknown>> {
  const options: Fields = {}
  for (const name of Object.keys(kinds)) {
    const value = memberOf(exported, name)
    if (value !== undefined) options[name] = typeof value === 'function' ? value.bind(exported) : value
  }
  return options
}
