// Why no connection came of a dial, as users see it.

import { getSystemErrorName } from 'node:util'
import { native } from '../bridge/native.js'
import * as layout from '../bridge/record-layout.js'
import { parseHeaders } from '../http/request.js'
import type { DialFailure } from '../turn/dials.js'
import type { ConnectError } from '../types/index.js'
import type { HttpProxy } from './proxy.js'
import { hostAndPort, type Target } from './target.js'

type Details = Omit<Partial<ConnectError>, 'name' | 'message' | 'stack'> & { code: string }

function connectError(target: Target, message: string, details: Details, cause?: unknown): ConnectError {
  const error = new Error(`connect ${target.url}: ${message}`, cause === undefined ? undefined : { cause })
  return Object.assign(error, { ...details, url: target.url })
}

/** Of a dial that C++ says failed. */
export function dialError(target: Target, proxy: HttpProxy | undefined, failure: DialFailure): ConnectError {
  const { code, message } = native.openingErrors[failure.kind] as { code: string; message: string }
  const who = proxy ? `the proxy ${hostAndPort(proxy)}` : 'the server'
  if (failure.kind === layout.DIAL_ERROR_CONNECT) return couldNotConnect(target, failure)
  const { address = '', port = 0 } = failure.addresses.at(-1) ?? {}
  const where = address === '' ? (target.path === '' ? {} : { address: target.path }) : { address, port }
  if (failure.errno !== 0) {
    const name = getSystemErrorName(-failure.errno)
    return connectError(target, `${who} ${message}: ${name}`, { code: name, errno: -failure.errno, ...where })
  }
  if (failure.kind === layout.DIAL_ERROR_TLS) return tlsFailure(target, failure.body.toString(), code, where)
  if (failure.status === 0) return connectError(target, `${who} ${message}`, { code, ...where })
  const { status, head, body } = failure
  const statusLine = head.slice(head.indexOf(' ') + 1, head.indexOf('\r\n')).trim()
  const isProxys = failure.kind === layout.DIAL_ERROR_PROXY_REFUSED
  const responder = proxy && !isProxys ? 'the server' : who
  return connectError(target, `${responder} ${message} (${statusLine})`, {
    code,
    status,
    headers: parseHeaders(head),
    body,
    ...where,
  })
}

/** What Node has one code for: a certificate that is for somebody else. */
const mismatches = new Set(['HOSTNAME_MISMATCH', 'IP_ADDRESS_MISMATCH'])

// What is wrong with the server's certificate comes last, in Node's words.
function tlsFailure(target: Target, reason: string, otherwise: string, where: object): ConnectError {
  const [, found = otherwise] = /\(([A-Z_]+)\)$/.exec(reason) ?? []
  const code = mismatches.has(found) ? 'ERR_TLS_CERT_ALTNAME_INVALID' : found
  return connectError(target, reason, { code, ...where })
}

function couldNotConnect(target: Target, { addresses }: DialFailure): ConnectError {
  const errors = addresses.map(({ errno, port, address }) => {
    const code = getSystemErrorName(-errno)
    const where = address === '' ? { address: target.path } : { address, port }
    const shown = address === '' ? target.path : hostAndPort({ host: address, port })
    return connectError(target, `${code} ${shown}`, { code, errno: -errno, syscall: 'connect', ...where })
  })
  if (errors.length === 1) return errors[0] as ConnectError
  const { code, errno, address, port } = errors[0] as ConnectError
  const all = errors.map((error) => error.message.slice(`connect ${target.url}: `.length)).join(', ')
  const details = { code, errno, syscall: 'connect', address, port, errors } as Details
  return connectError(target, all, details)
}

/** Of a name that could not be looked up. */
export function lookupError(target: Target, cause: NodeJS.ErrnoException): ConnectError {
  return connectError(target, cause.message, { code: cause.code ?? 'ENOTFOUND' }, cause)
}

export function timeoutError(target: Target): ConnectError {
  const { code } = native.openingErrors[layout.DIAL_ERROR_TIMEOUT] as { code: string }
  return connectError(target, 'there was no connection in time', { code })
}

/** Of a redirect that is not followed. */
export function redirectError(target: Target, code: string, message: string, cause: ConnectError): ConnectError {
  const { status, headers, body } = cause as Required<ConnectError>
  return connectError(target, message, { code, status, headers, body }, cause)
}
