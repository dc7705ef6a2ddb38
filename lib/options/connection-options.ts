// Checks the options that serve() and connect() share, and fills in the defaults.

import { invalidArgument, invalidValue, noZlib, outOfRange } from '../base/errors.js'
import { ownOptions } from '../base/own-properties.js'
import { shown } from '../base/shown.js'
import { type NativeConnectionOptions, type NativeDeflateOptions, native } from '../bridge/native.js'
import type { ConnectionOptions, PerMessageDeflateOptions } from '../types/index.js'

export const maxInt32 = 0x7fffffff
const kiB = 1024

/** The largest message there can be: sizes are 32 bits in C++, and strings end before that. */
const maxPayloadMax = 512 * kiB * kiB - 25

/** The buffer that requests, like everything else, are received into. */
const receiveBytes = 256 * kiB

const outboundPolicies: unknown[] = ['pause', 'drop', 'close']
const binaryTypes: unknown[] = ['nodebuffer', 'view']

export const socketHandlerNames = ['open', 'message', 'ping', 'pong', 'drain', 'error', 'close'] as const

type HeadOptions = { signal?: unknown; maxHeaderSize?: number; maxHeadersCount?: number }

export function checkConnectionOptions(
  options: ConnectionOptions & HeadOptions,
  defaults: { serverMaxWindowBits: number },
): NativeConnectionOptions {
  if (options.signal !== undefined && !(options.signal instanceof AbortSignal)) {
    throw invalidArgument(`signal must be an AbortSignal, not ${shown(options.signal)}`)
  }
  integer('maxOutbound', options.maxOutbound, 0, 0, Number.MAX_SAFE_INTEGER)
  if (options.outboundPolicy !== undefined && !outboundPolicies.includes(options.outboundPolicy)) {
    throw invalidValue(`outboundPolicy is 'pause', 'drop' or 'close', not ${shown(options.outboundPolicy)}`)
  }
  if (options.binaryType !== undefined && !binaryTypes.includes(options.binaryType)) {
    throw invalidValue(`binaryType is 'nodebuffer' or 'view', not ${shown(options.binaryType)}`)
  }
  return {
    maxPayload: integer('maxPayload', options.maxPayload, 16 * kiB * kiB, 1, maxPayloadMax),
    maxFragments: integer('maxFragments', options.maxFragments, 128 * kiB, 0, maxInt32),
    maxMessagesPerSecond: integer('maxMessagesPerSecond', options.maxMessagesPerSecond, 0, 0, maxInt32),
    maxBytesPerSecond: integer('maxBytesPerSecond', options.maxBytesPerSecond, 0, 0, maxInt32),
    highWaterMark: integer('highWaterMark', options.highWaterMark, 256 * kiB, 0, maxInt32),
    closeTimeout: integer('closeTimeout', options.closeTimeout, 10_000, 1, maxInt32),
    idleTimeout: integer('idleTimeout', options.idleTimeout, 120_000, 0, maxInt32),
    sendPings: boolean('sendPings', options.sendPings, true),
    maxLifetime: integer('maxLifetime', options.maxLifetime, 0, 0, maxInt32),
    maxHeaderSize: integer('maxHeaderSize', options.maxHeaderSize, 16 * kiB, 256, receiveBytes),
    maxHeadersCount: integer('maxHeadersCount', options.maxHeadersCount, 100, 1, 10_000),
    perMessageDeflate: checkDeflateOptions(options.perMessageDeflate, defaults),
  }
}

function checkDeflateOptions(
  given: boolean | PerMessageDeflateOptions = false,
  defaults: { serverMaxWindowBits: number },
): NativeDeflateOptions | undefined {
  if (given === false) return undefined
  if (given !== true && (typeof given !== 'object' || given === null)) {
    throw invalidArgument(`perMessageDeflate must be a boolean or an object of options, not ${shown(given)}`)
  }
  const options = ownOptions<PerMessageDeflateOptions>(given === true ? {} : given)
  const { zlibDeflateOptions = {} } = options
  if (typeof zlibDeflateOptions !== 'object' || zlibDeflateOptions === null) {
    throw invalidArgument(`zlibDeflateOptions must be an object of options, not ${shown(zlibDeflateOptions)}`)
  }
  const { level, memLevel } = ownOptions(zlibDeflateOptions)
  const checked = {
    threshold: integer('threshold', options.threshold, kiB, 0, maxInt32),
    serverNoContextTakeover: boolean('serverNoContextTakeover', options.serverNoContextTakeover, false),
    clientNoContextTakeover: boolean('clientNoContextTakeover', options.clientNoContextTakeover, false),
    serverMaxWindowBits: windowBits('serverMaxWindowBits', options.serverMaxWindowBits, defaults.serverMaxWindowBits),
    clientMaxWindowBits: windowBits('clientMaxWindowBits', options.clientMaxWindowBits, 12),
    level: integer('level', level, 3, 1, 9),
    memLevel: integer('memLevel', memLevel, 5, 1, 9),
  }
  if (!native.hasZlib) throw noZlib()
  return checked
}

function windowBits(name: string, value: unknown, otherwise: number): number {
  return integer(name, value, otherwise, 8, 15)
}

export function handshakeTimeout(options: { handshakeTimeout?: number }): number {
  return integer('handshakeTimeout', options.handshakeTimeout, 10_000, 1, maxInt32)
}

export function checkObject(caller: string, options: unknown): void {
  if (typeof options !== 'object' || options === null) {
    throw invalidArgument(`${caller} takes an object of options, not ${shown(options)}`)
  }
}

export function checkHandlers(options: object, names: readonly string[]): void {
  for (const name of names) {
    const handler = (options as Record<string, unknown>)[name]
    if (handler !== undefined && typeof handler !== 'function') {
      throw invalidArgument(`${name} must be a function, not ${shown(handler)}`)
    }
  }
}

export function boolean(name: string, value: unknown, otherwise: boolean): boolean {
  if (value === undefined) return otherwise
  if (typeof value !== 'boolean') throw invalidArgument(`${name} must be a boolean, not ${shown(value)}`)
  return value
}

export function integer(name: string, value: unknown, otherwise: number, min: number, max: number): number {
  if (value === undefined) return otherwise
  if (typeof value !== 'number') throw invalidArgument(`${name} must be a number, not ${shown(value)}`)
  if (!Number.isInteger(value) || value < min || value > max) {
    throw outOfRange(`${name} must be an integer from ${min} to ${max}, not ${value}`)
  }
  return value
}
