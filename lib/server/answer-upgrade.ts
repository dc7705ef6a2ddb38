// Answers opening requests: asks the user's `upgrade`, `handleProtocols` and `request` handlers, which may take their
// time, and tells C++ what they decide.

import { invalidArgument, invalidValue } from '../base/errors.js'
import { memberOf } from '../base/own-properties.js'
import { kindOf, shown } from '../base/shown.js'
import { appendBytes, type SlotHandle, withCode } from '../bridge/outbox.js'
import * as layout from '../bridge/record-layout.js'
import type { RequestImpl } from '../http/request.js'
import { encodeResponse, responseHeaderLines } from '../http/response.js'
import { keepAcceptedData, keepUndecided, takeUndecided } from '../turn/decisions.js'
import type { Accept, Response, ServeOptions, UnixServeOptions, UpgradeResult } from '../types/index.js'
import { admitsOrigin, type OriginRule } from './origins.js'

const foreignOrigin: Response = { status: 403, body: 'Pages of this origin may not connect.\n' }
const internalError: Response = { status: 500, body: 'Internal Server Error\n' }

/** Who decides. */
export interface Decider<T> {
  readonly handlers: ServeOptions<T> | UnixServeOptions<T>
  readonly originRule: OriginRule | undefined
}

export function answerUpgrade<T>(server: Decider<T>, to: SlotHandle, request: RequestImpl): void {
  const { originRule, handlers } = server
  const ask = () => {
    if (originRule && !admitsOrigin(originRule, request.headers.origin)) return foreignOrigin
    return handlers.upgrade?.(request)
  }
  answer(to, request, ask, (result) => decide(server, to, request, result))
}

export function answerRequest<T>(server: Decider<T>, to: SlotHandle, request: RequestImpl): void {
  const ask = () => server.handlers.request?.(request)
  answer(to, request, ask, (response) => respond(to, response as Response))
}

// Whatever goes wrong, the client gets an answer, and the error surfaces as any that a handler throws.
function answer<R>(to: SlotHandle, request: RequestImpl, ask: () => R | Promise<R>, use: (result: R) => void): void {
  const fail = (error: unknown): never => {
    respond(to, internalError)
    throw error
  }
  try {
    const result = ask()
    if (isThenable(result)) {
      keepUndecided(to, request)
      answerLater(to, result, use, fail)
    } else {
      use(result)
    }
  } catch (error) {
    fail(error)
  }
}

// What comes of it when nobody waits any more is nobody's; so is the error of a handler that has stopped for that.
async function answerLater<R>(
  to: SlotHandle,
  result: Promise<R>,
  use: (result: R) => void,
  fail: (error: unknown) => never,
): Promise<void> {
  let answer: R
  try {
    answer = await result
  } catch (error) {
    if (takeUndecided(to) === undefined && (error as Partial<Error> | undefined)?.name === 'AbortError') return
    return fail(error)
  }
  if (takeUndecided(to) === undefined) return
  try {
    use(answer)
  } catch (error) {
    fail(error)
  }
}

// What `await` waits for: not only the Promise of this realm.
function isThenable<R>(result: R | Promise<R>): result is Promise<R> {
  return typeof (result as Partial<Promise<R>> | null | undefined)?.then === 'function'
}

function decide<T>(server: Decider<T>, to: SlotHandle, request: RequestImpl, result: UpgradeResult<T>): void {
  if (result === false) return respond(to, { status: 403, body: 'Forbidden\n' })
  const given = result === true || result === undefined ? {} : result
  if (typeof given !== 'object' || given === null) {
    throw invalidArgument(`upgrade returns a boolean, an object or nothing, not ${shown(given)}`)
  }
  if (memberOf(given, 'status') !== undefined) return respond(to, given as Response)
  checkAcceptance(given)

  const accept = {
    data: memberOf(given, 'data'),
    protocol: memberOf(given, 'protocol') as Accept<T>['protocol'],
    headers: memberOf(given, 'headers') as Accept<T>['headers'],
  }
  const protocol = accept.protocol ?? chooseProtocol(server, request)
  if (protocol === false)
    return respond(to, { status: 400, body: 'None of the subprotocols offered is spoken here.\n' })
  if (protocol !== '' && !request.protocols.includes(protocol)) {
    throw invalidValue(`the client offered no subprotocol that is the one chosen: ${kindOf(protocol)}`)
  }
  const payload = Buffer.from(`${protocol}\r\n${responseHeaderLines(accept.headers)}`, 'latin1')
  keepAcceptedData(to, accept.data)
  appendBytes(layout.OUT_ACCEPT, to, payload)
}

// Who meant to refuse must not let anybody in: `statusCode`, say, is no status.
function checkAcceptance(given: object): void {
  const unknown = Object.keys(given).find((name) => !['data', 'protocol', 'headers', 'status'].includes(name))
  if (Array.isArray(given) || unknown !== undefined) {
    const what = Array.isArray(given)
      ? kindOf(given)
      : `${shown(unknown)}, which goes with a status only, or is no name of ours`
    throw invalidArgument(
      `upgrade accepts with { data, protocol, headers }, and refuses with a status; it returned ${what}`,
    )
  }
}

function chooseProtocol<T>(server: Decider<T>, request: RequestImpl): string | false {
  const offered = request.protocols
  if (offered.length === 0) return ''
  if (!server.handlers.handleProtocols) return offered[0] as string
  return server.handlers.handleProtocols(new Set(offered), request)
}

function respond(to: SlotHandle, response: Response): void {
  const { status, payload } = encodeResponse(response)
  appendBytes(withCode(layout.OUT_RESPOND, status), to, payload)
}
