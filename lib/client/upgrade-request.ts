// The request that asks a server for an upgrade, but for its key, which C++ adds.

import { invalidArgument, invalidValue } from '../base/errors.js'
import { kindOf } from '../base/shown.js'
import { headerLines } from '../http/header-lines.js'
import type { ConnectOptions, RequestHeaders } from '../types/index.js'
import type { Target } from './target.js'

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

const ownFields = {
  connection: 'is set by connect itself',
  upgrade: 'is set by connect itself',
  'content-length': 'does not go with an upgrade, which has no body',
  'transfer-encoding': 'does not go with an upgrade, which has no body',
  'sec-websocket-key': 'is set by connect itself',
  'sec-websocket-version': 'is set by connect itself',
  'sec-websocket-extensions': 'is set by connect itself',
  'sec-websocket-protocol': 'is set by the option `protocols`',
}

/** What the options of `connect` say of the request. */
export interface RequestOptions {
  protocols: readonly string[]
  headers: RequestHeaders
}

/** @throws TypeError for what may not stand in a request. */
export function checkRequestOptions({ protocols = [], headers = {}, origin }: ConnectOptions<unknown>): RequestOptions {
  const offered: readonly string[] = typeof protocols === 'string' ? [protocols] : protocols
  if (!Array.isArray(offered)) {
    throw invalidArgument(`protocols must be a string or an array of strings, not ${kindOf(protocols)}`)
  }
  for (const [i, protocol] of offered.entries()) {
    if (typeof protocol !== 'string' || !token.test(protocol)) {
      throw invalidValue(`protocols[${i}] is no name of a subprotocol: ${kindOf(protocol)}`)
    }
    if (offered.indexOf(protocol) !== i) throw invalidValue(`protocols[${i}] is offered twice`)
  }
  if (typeof headers !== 'object' || headers === null) {
    throw invalidArgument(`headers must be an object, not ${kindOf(headers)}`)
  }
  const all = origin === undefined ? headers : { ...headers, Origin: origin }
  headerLines(all, ownFields)
  return { protocols: offered, headers: all }
}

export function openingRequest(target: Target, { protocols, headers }: RequestOptions): string {
  const given = new Set(Object.keys(headers).map((name) => name.toLowerCase()))
  const host = given.has('host') ? '' : `Host: ${target.authority}\r\n`
  const hasAuthorization = target.authorization !== '' && !given.has('authorization')
  const authorization = hasAuthorization ? `Authorization: ${target.authorization}\r\n` : ''
  const offer = protocols.length > 0 ? `Sec-WebSocket-Protocol: ${protocols.join(', ')}\r\n` : ''
  return (
    `GET ${target.requestTarget} HTTP/1.1\r\n${host}Upgrade: websocket\r\nConnection: Upgrade\r\n` +
    `Sec-WebSocket-Version: 13\r\n${offer}${authorization}${headerLines(headers, ownFields)}`
  )
}
