// Errors that users see. Their `code` is stable; those of Node's own kinds have Node's codes.

import { getSystemErrorName } from 'node:util'
import { native } from './native.js'
import type { SocketError } from './types.js'

function withCode<E extends Error>(error: E, code: string): E & { code: string } {
  return Object.assign(error, { code })
}

/** An argument of a wrong type or kind. */
export function invalidArgument(message: string): TypeError {
  return withCode(new TypeError(message), 'ERR_INVALID_ARG_TYPE')
}

/** An argument of the right type with a value that is not allowed. */
export function invalidValue(message: string): TypeError {
  return withCode(new TypeError(message), 'ERR_INVALID_ARG_VALUE')
}

export function outOfRange(message: string): RangeError {
  return withCode(new RangeError(message), 'ERR_OUT_OF_RANGE')
}

/** Something that cannot be done now. */
export function invalidState(message: string): Error {
  return withCode(new Error(message), 'ERR_INVALID_STATE')
}

export const noTls = () => invalidState('the server speaks no TLS: that takes the option tls from the start')
export const noZlib = () =>
  withCode(new Error('perMessageDeflate needs zlib, which this process has not'), 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM')
export const serverClosed = () => invalidState('the server is closed')

/** The peer broke the protocol; `kind` is the number of the native protocol error. */
export function protocolError(kind: number, reason: string): SocketError {
  return withCode(new Error(reason), native.protocolErrorCodes[kind] ?? 'WS_ERR')
}

/** TLS came to an end that nobody can have wanted. */
export function tlsError(reason: string): SocketError {
  return withCode(new Error(reason), 'ERR_TLS_FAILED')
}

/** There never was TLS with a client. */
export function tlsHandshakeError(errno: number, reason: string): SocketError {
  if (errno === 0) return withCode(new Error(reason), tlsFailureCode(reason))
  const code = getSystemErrorName(-errno)
  return Object.assign(withCode(new Error(`the TLS handshake failed: ${code}`), code), { errno: -errno })
}

// As Node does: by OpenSSL's reason, unless it is the certificate of the peer, whose fault comes last.
function tlsFailureCode(reason: string): string {
  const [, cause, certificate] = /^TLS failed: (.*?)(?: \(([A-Z_]+)\))?$/.exec(reason) as unknown as [
    string,
    string,
    string?,
  ]
  return certificate ?? `ERR_SSL_${cause.toUpperCase().replaceAll(' ', '_')}`
}

/** By the number of the native reason. */
const undecidedReasons = [
  ['WS_ERR_CLIENT_LEFT', 'the client has left'],
  ['WS_ERR_UPGRADE_TIMEOUT', 'there was no answer within upgradeTimeout'],
  ['WS_ERR_SERVER_CLOSING', 'the server is closing'],
] as const
export type Undecided = 0 | 1 | 2

/** Why a request needs no answer any more. */
export function undecidedError(why: Undecided): Error {
  const [code, message] = undecidedReasons[why]
  return Object.assign(withCode(new Error(message), code), { name: 'AbortError' })
}

/** The system failed a call on the connection. */
export function systemError(errno: number): SocketError {
  return Object.assign(withCode(new Error(systemReason(errno)), getSystemErrorName(-errno)), { errno: -errno })
}

export function systemReason(errno: number): string {
  return `the connection failed: ${getSystemErrorName(-errno)}`
}

/** A handler module that is not there or exports no handlers. */
export function invalidHandlerModule(message: string): TypeError {
  return withCode(new TypeError(message), 'ERR_INVALID_HANDLER_MODULE')
}

/** A certificate, key or the like that cannot be used, or its file. */
export interface SecureContextError extends Error {
  code: string
}

export function secureContextError(code: string, message: string): SecureContextError {
  return Object.assign(withCode(new Error(message), code), { name: 'SecureContextError' })
}

export interface ListenError extends Error {
  code: string
  errno: number
  syscall: 'listen'
  address: string
  /** The first port that failed. */
  port: number
  /** All that failed. */
  ports: number[]
}

const listenReasons: Record<string, string> = {
  EADDRINUSE: 'address already in use',
  EACCES: 'permission denied',
  EADDRNOTAVAIL: 'address not available',
  EAFNOSUPPORT: 'address family not supported',
  EMFILE: 'too many open files',
}

/** No port is listened on, because of these; or no Unix socket, whose path is the address and whose port is 0. */
export function listenError(address: string, failures: readonly { port: number; errno: number }[]): ListenError {
  const portsByCode = new Map<string, number[]>()
  for (const { port, errno } of failures) {
    const code = getSystemErrorName(-errno)
    portsByCode.set(code, [...(portsByCode.get(code) ?? []), port])
  }
  const sentences = [...portsByCode].map(([code, ports]) => {
    const reason = listenReasons[code]
    const isPath = !native.isAddress(address)
    const where = isPath ? address : `${ports.length === 1 ? 'port' : 'ports'} ${ports.join(', ')} of ${address}`
    return `${code}${reason ? `: ${reason}` : ''} (${where})`
  })
  const [{ port, errno }] = failures as [{ port: number; errno: number }]
  return Object.assign(new Error(`listen ${sentences.join('; ')}`), {
    code: getSystemErrorName(-errno),
    errno: -errno,
    syscall: 'listen' as const,
    address,
    port,
    ports: failures.map((failure) => failure.port),
  })
}
