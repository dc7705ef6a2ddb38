// Header lines and bodies that handlers want sent, checked: nothing they give can break out of its header field, or speak
// of what is ours to say.

import { inspect } from 'node:util'
import { invalidArgument, invalidValue, outOfRange } from './errors.js'
import type { Response, ResponseHeaders } from './types.js'

const fieldName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const badInFieldValue = /[^\t\x20-\x7e\x80-\xff]/
const ownFields = new Set(['connection', 'content-length', 'transfer-encoding', 'upgrade', 'sec-websocket-accept'])
const protocolField = 'sec-websocket-protocol'

/** Whole header lines, each with its CRLF. */
export function headerLines(headers: ResponseHeaders | undefined): string {
  let lines = ''
  for (const [name, values] of Object.entries(headers ?? {})) {
    if (!fieldName.test(name)) throw invalidValue(`${inspect(name)} is no name of a header field`)
    if (ownFields.has(name.toLowerCase())) throw invalidValue(`the header field ${name} is set by the server itself`)
    if (name.toLowerCase() === protocolField) {
      throw invalidValue(`the header field ${name} is set by what is returned as \`protocol\``)
    }
    for (const value of Array.isArray(values) ? values : [values]) {
      if (typeof value !== 'string' || badInFieldValue.test(value)) {
        throw invalidValue(`${inspect(value)} is no value of the header field ${name}`)
      }
      lines += `${name}: ${value}\r\n`
    }
  }
  return lines
}

/** A response as the outbox carries it: header lines, an empty line, the body. */
export function encodeResponse(response: Response): { status: number; payload: Uint8Array } {
  if (typeof response !== 'object' || response === null) {
    throw invalidArgument(`a response is an object with a status, not ${inspect(response)}`)
  }
  const { status, headers, body = '' } = response
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw outOfRange(`the status of a response is 200–599, not ${inspect(status)}`)
  }
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) {
    throw invalidArgument(`the body of a response is a string or Uint8Array, not ${inspect(body)}`)
  }
  const lines = Buffer.from(`${headerLines(headers)}\r\n`, 'latin1')
  return { status, payload: Buffer.concat([lines, typeof body === 'string' ? Buffer.from(body) : body]) }
}
