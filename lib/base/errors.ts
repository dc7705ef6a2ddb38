// Errors that users see. Their `code` is stable; those of Node's own kinds have Node's codes.

export function withCode<E extends Error>(error: E, code: string): E & { code: string } {
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
