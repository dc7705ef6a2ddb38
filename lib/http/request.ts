// An opening request as handlers see it, parsed when asked: the head is valid HTTP, C++ has seen to that.

import { formatAddress } from '../base/address.js'
import { type Undecided, undecidedError } from '../base/errors.js'
import type { Request, TlsInfo } from '../types/index.js'

export class RequestImpl implements Request {
  #abort: AbortController | undefined
  #undecided: Undecided | undefined
  #headers: Record<string, string> | undefined
  #query: URLSearchParams | undefined
  readonly method: string
  readonly url: string

  constructor(
    private readonly head: string,
    private readonly peer: number | string,
    readonly remotePort: number,
    readonly localPort: number,
    readonly tls: TlsInfo | undefined,
  ) {
    const [method, url] = head.slice(0, head.indexOf('\r\n')).split(' ') as [string, string]
    this.method = method
    this.url = url
  }

  get path(): string {
    const query = this.url.indexOf('?')
    return query < 0 ? this.url : this.url.slice(0, query)
  }

  get query(): URLSearchParams {
    const query = this.url.indexOf('?')
    this.#query ??= new URLSearchParams(query < 0 ? '' : this.url.slice(query + 1))
    return this.#query
  }

  get headers(): Readonly<Record<string, string>> {
    this.#headers ??= parseHeaders(this.head)
    return this.#headers
  }

  get protocols(): readonly string[] {
    const offered = this.headers['sec-websocket-protocol'] ?? ''
    return offered
      .split(',')
      .map((protocol) => protocol.trim())
      .filter((protocol) => protocol !== '')
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController()
      if (this.#undecided !== undefined) this.#abort.abort(undecidedError(this.#undecided))
    }
    return this.#abort.signal
  }

  /** Nobody waits for the answer any more. */
  end(why: Undecided): void {
    this.#undecided = why
    this.#abort?.abort(undecidedError(why))
  }

  get remoteAddress(): string {
    return formatAddress(this.peer)
  }
}

/** The fields of a head, by lower-case name. */
export function parseHeaders(head: string): Record<string, string> {
  const headers: Record<string, string> = Object.create(null)
  for (const line of head.split('\r\n').slice(1)) {
    const colon = line.indexOf(':')
    if (colon < 0) continue // the empty line at the end
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')
    const separator = name === 'cookie' ? '; ' : ', '
    headers[name] = name in headers ? `${headers[name]}${separator}${value}` : value
  }
  return headers
}
