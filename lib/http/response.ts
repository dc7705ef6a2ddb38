// Responses that handlers want sent, checked.

import { invalidArgument, outOfRange } from '../base/errors.js'
import { memberOf } from '../base/own-properties.js'
import { checkSize } from '../base/payload-size.js'
import { kindOf, shown } from '../base/shown.js'
import type { Response, ResponseHeaders } from '../types/index.js'
import { headerLines } from './header-lines.js'

const ownFields = {
  connection: 'is set by the server itself',
  'content-length': 'is set by the server itself',
  'transfer-encoding': 'is set by the server itself',
  upgrade: 'is set by the server itself',
  'sec-websocket-accept': 'is set by the server itself',
  'sec-websocket-protocol': 'is set by what is returned as `protocol`',
  'sec-websocket-extensions': 'is set by the server itself',
}

/** Of a response: whole header lines, each with its CRLF. */
export function responseHeaderLines(headers: ResponseHeaders | undefined): string {
  return headerLines(headers, ownFields)
}

/** A response as the outbox carries it: header lines, an empty line, the body. */
export function encodeResponse(response: Response): { status: number; payload: Uint8Array } {
  if (typeof response !== 'object' || response === null) {
    throw invalidArgument(`a response is an object with a status, not ${shown(response)}`)
  }
  const status = memberOf(response, 'status') as Response['status']
  const headers = memberOf(response, 'headers') as Response['headers']
  const given = memberOf(response, 'body')
  const body = (given === undefined ? '' : given) as NonNullable<Response['body']>
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw outOfRange(`the status of a response is 200–599, not ${shown(status)}`)
  }
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) {
    throw invalidArgument(`the body of a response is a string or Uint8Array, not ${kindOf(body)}`)
  }
  const lines = Buffer.from(`${responseHeaderLines(headers)}\r\n`, 'latin1')
  const bytes = checkSize(typeof body === 'string' ? Buffer.from(body) : body)
  return { status, payload: Buffer.concat([lines, bytes]) }
}
