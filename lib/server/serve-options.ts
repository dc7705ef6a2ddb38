// Checks what users pass to serve(), and fills in the defaults.

import { invalidArgument } from '../base/errors.js'
import { ownOptions } from '../base/own-properties.js'
import { shown } from '../base/shown.js'
import type { NativeServerOptions } from '../bridge/native.js'
import {
  boolean,
  checkConnectionOptions,
  checkHandlers,
  checkObject,
  handshakeTimeout,
  integer,
  maxInt32,
  socketHandlerNames,
} from '../options/connection-options.js'
import type { ServeOptions, UnixServeOptions } from '../types/index.js'
import { originRule } from './origins.js'

export const handlerNames = [...socketHandlerNames, 'upgrade', 'handleProtocols', 'request', 'tlsError'] as const

export function checkServeOptions<T>(given: ServeOptions<T> | UnixServeOptions<T>): NativeServerOptions {
  const options = ownServeOptions(given)
  checkHandlers(options, handlerNames)
  if (options.host !== undefined && typeof options.host !== 'string') {
    throw invalidArgument(`host must be a string, not ${shown(options.host)}`)
  }
  originRule(options.origins)
  const reusePort = boolean('reusePort', (options as ServeOptions<T>).reusePort, false)
  const checked = checkConnectionOptions(options, { serverMaxWindowBits: 12 })
  return {
    ...checked,
    backlog: integer('backlog', options.backlog, 511, 1, maxInt32),
    handshakeTimeout: handshakeTimeout(options),
    upgradeTimeout: integer('upgradeTimeout', options.upgradeTimeout, handshakeTimeout(options), 0, maxInt32),
    maxConnections: integer('maxConnections', options.maxConnections, 0, 0, maxInt32),
    maxConnectionsPerAddress: integer('maxConnectionsPerAddress', options.maxConnectionsPerAddress, 0, 0, maxInt32),
    ipv6PrefixLength: integer('ipv6PrefixLength', options.ipv6PrefixLength, 64, 1, 128),
    reusePort,
    asksUpgrade: [options.upgrade, options.handleProtocols, options.origins].some((each) => each !== undefined),
    asksRequest: options.request !== undefined,
    reportsTlsErrors: options.tlsError !== undefined,
  }
}

/** The options alone, see ownOptions. @throws TypeError for what is no object */
export function ownServeOptions<T extends object>(given: T): T {
  checkObject('serve', given)
  return ownOptions(given, handlerNames)
}
