// The errors of connections, by what C++ reports of them.

import { getSystemErrorName } from 'node:util'
import { withCode } from '../base/errors.js'
import { native } from '../bridge/native.js'
import type { SocketError } from '../types/index.js'

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

/** The system failed a call on the connection. */
export function systemError(errno: number): SocketError {
  return Object.assign(withCode(new Error(systemReason(errno)), getSystemErrorName(-errno)), { errno: -errno })
}

export function systemReason(errno: number): string {
  return `the connection failed: ${getSystemErrorName(-errno)}`
}
