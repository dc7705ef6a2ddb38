// Checks what users pass to connect(), and fills in the defaults.

import { invalidValue } from '../base/errors.js'
import { handlersOf, ownOptions } from '../base/own-properties.js'
import { shown } from '../base/shown.js'
import { type NativeConnectionOptions, native } from '../bridge/native.js'
import {
  boolean,
  checkConnectionOptions,
  checkHandlers,
  checkObject,
  handshakeTimeout,
  integer,
  socketHandlerNames,
} from '../options/connection-options.js'
import type { ConnectOptions, Handlers } from '../types/index.js'
import { checkRequestOptions, type RequestOptions } from './upgrade-request.js'

export interface CheckedConnectOptions<T> {
  options: ConnectOptions<T>
  handlers: Handlers<T>
  native: NativeConnectionOptions
  handshakeTimeout: number
  maxRedirects: number
  request: RequestOptions
}

export function checkConnectOptions<T>(given: ConnectOptions<T>): CheckedConnectOptions<T> {
  checkObject('connect', given)
  const options = ownOptions(given, socketHandlerNames)
  checkHandlers(options, socketHandlerNames)
  const { localAddress } = options
  if (localAddress !== undefined && (typeof localAddress !== 'string' || !native.isAddress(localAddress))) {
    throw invalidValue(`localAddress must be an IP address, not ${shown(localAddress)}`)
  }
  boolean('followRedirects', options.followRedirects, false)
  return {
    options,
    handlers: handlersOf(given, socketHandlerNames),
    native: checkConnectionOptions(options, { serverMaxWindowBits: 15 }),
    handshakeTimeout: handshakeTimeout(options),
    maxRedirects: integer('maxRedirects', options.maxRedirects, 10, 0, 100),
    request: checkRequestOptions(options as ConnectOptions<unknown>),
  }
}
