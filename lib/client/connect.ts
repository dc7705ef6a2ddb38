// connect(): a connection to a server, from its URL to an open socket.

import { lookup } from 'node:dns/promises'
import { KeepAlive } from '../bridge/keep-alive.js'
import { native } from '../bridge/native.js'
import { parseHeaders } from '../http/request.js'
import { type Dialled, SocketGroup } from '../socket/socket-group.js'
import { addDial, takeDial } from '../turn/dials.js'
import { ensureStarted } from '../turn/start.js'
import type { ClientTlsOptions, ConnectError, ConnectOptions, Socket, TlsInfo } from '../types/index.js'
import { clientTls, tlsForStrangers, withoutTls } from './client-context.js'
import { dialError, lookupError, redirectError, timeoutError } from './connect-error.js'
import { type CheckedConnectOptions, checkConnectOptions } from './connect-options.js'
import { type HttpProxy, proxyFor, tunnelRequest } from './proxy.js'
import { hostAndPort, isSameOrigin, parseTarget, redirectTarget, type Target } from './target.js'
import { openingRequest, type RequestOptions } from './upgrade-request.js'

/**
 * Connects to a WebSocket server. The socket that it resolves to is open, and its `open` handler has run.
 * @throws TypeError or RangeError for a URL or options that are wrong; a ConnectError; the signal's reason when it aborts.
 */
export async function connect<T = undefined>(url: string | URL, given: ConnectOptions<T> = {}): Promise<Socket<T>> {
  const checked = checkConnectOptions(given)
  const { options } = checked
  const target = parseTarget(url)
  // What is wrong with these shows before anything is waited for.
  proxyFor(target, options.proxy)
  if (target.isSecure || options.tls !== undefined) clientTls(options.tls, target.host)
  options.signal?.throwIfAborted()
  ensureStarted()
  const dialling = new Dialling<T>(checked)
  return dialling.run(target)
}

/** Statuses that send us elsewhere. */
const redirects = new Set([301, 302, 303, 307, 308])

/** One call of connect: what goes on, and how it is broken off. Lives on as the socket's part of its group. */
class Dialling<T> implements Dialled {
  readonly #keepAlive = new KeepAlive()
  readonly #deadline: NodeJS.Timeout
  readonly #group: SocketGroup<T>
  tls: TlsInfo | undefined
  #responseHead = ''
  #responseHeaders: Readonly<Record<string, string>> | undefined
  #socket: Socket<T> | undefined
  /** How the step that is under way is broken off. */
  #interrupt: { abort(reason: unknown): void; timeOut(): void } | undefined

  readonly options: ConnectOptions<T>
  /** What the server that is called now is told and shown. */
  #request: RequestOptions
  #tls: ClientTlsOptions | undefined

  constructor(readonly checked: CheckedConnectOptions<T>) {
    const { options, handlers } = checked
    this.options = options
    this.#request = checked.request
    this.#tls = options.tls
    this.#group = new SocketGroup<T>(handlers, options, checked.native.highWaterMark, this)
    this.#keepAlive.ref()
    this.#deadline = setTimeout(() => this.#interrupt?.timeOut(), checked.handshakeTimeout)
    options.signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  async run(target: Target): Promise<Socket<T>> {
    try {
      return await this.#follow(target)
    } catch (error) {
      this.release()
      throw error
    } finally {
      clearTimeout(this.#deadline)
    }
  }

  get responseHeaders(): Readonly<Record<string, string>> {
    this.#responseHeaders ??= parseHeaders(this.#responseHead)
    return this.#responseHeaders
  }

  ref(): void {
    this.#keepAlive.ref()
  }

  unref(): void {
    this.#keepAlive.unref()
  }

  release(): void {
    this.#keepAlive.unref()
    this.options.signal?.removeEventListener('abort', this.#onAbort)
  }

  readonly #onAbort = (): void => {
    if (this.#socket) this.#socket.terminate()
    else this.#interrupt?.abort(this.options.signal?.reason)
  }

  async #follow(target: Target): Promise<Socket<T>> {
    for (let count = 0; ; count++) {
      try {
        return await this.#dial(target)
      } catch (error) {
        const next = this.#redirected(target, error as ConnectError, count)
        if (!next) throw error
        if (isSameOrigin(next, target)) next.authorization ||= target.authorization
        else this.#forgetWhoWeAre()
        target = next
      }
    }
  }

  // That is for the server that we were told to call, and for no other.
  #forgetWhoWeAre(): void {
    this.#request = { ...this.#request, headers: withoutSecrets(this.#request.headers) }
    this.#tls = tlsForStrangers(this.#tls)
  }

  #redirected(target: Target, error: ConnectError, count: number): Target | undefined {
    const { followRedirects = false } = this.options
    const location = error.headers?.location
    const isRedirect = error.code === 'WS_ERR_UPGRADE_REFUSED' && redirects.has(error.status ?? 0)
    if (!followRedirects || !isRedirect || location === undefined) return undefined
    if (count === this.checked.maxRedirects) {
      throw redirectError(target, 'WS_ERR_TOO_MANY_REDIRECTS', `there were more than ${count} redirects`, error)
    }
    try {
      return redirectTarget(target, location)
    } catch (wrong) {
      const message = `the server redirects to where no WebSocket is: ${(wrong as TypeError).message}`
      throw redirectError(target, 'WS_ERR_INVALID_REDIRECT', message, error)
    }
  }

  async #dial(target: Target): Promise<Socket<T>> {
    const tls = target.isSecure ? clientTls(this.#tls, target.host) : withoutTls
    const proxy = proxyFor(target, this.options.proxy)
    const { host, port } = proxy ?? target
    const addresses = target.path === '' ? await this.#lookUp(target, host) : []
    return this.#call(target, proxy, {
      path: target.path,
      addresses,
      port,
      localAddress: this.options.localAddress ?? '',
      tunnel: proxy ? tunnelRequest(target, proxy) : '',
      request: openingRequest(target, this.#request),
      protocols: this.#request.protocols.join(', '),
      ...tls,
      server: target.path || hostAndPort(target),
    })
  }

  #lookUp(target: Target, host: string): string[] | Promise<string[]> {
    if (native.isAddress(host)) return [host]
    return new Promise((resolve, reject) => {
      this.#interrupt = { abort: reject, timeOut: () => reject(timeoutError(target)) }
      lookup(host, { all: true, verbatim: true }).then(
        (found) => resolve(interleaved(found)),
        (error) => reject(lookupError(target, error)),
      )
    })
  }

  #call(target: Target, proxy: HttpProxy | undefined, plan: Parameters<typeof native.dial>[2]): Promise<Socket<T>> {
    return new Promise((resolve, reject) => {
      this.options.signal?.throwIfAborted() // between two steps
      const id = addDial({
        group: this.#group,
        data: this.options.data,
        opened: (socket, responseHead, tls) => {
          this.#responseHead = responseHead
          this.tls = tls
          this.#socket = socket as Socket<T>
          resolve(this.#socket)
        },
        failed: (failure) => reject(dialError(target, proxy, failure)),
      })
      this.#interrupt = {
        abort(reason) {
          takeDial(id)
          native.hangUp(id)
          reject(reason)
        },
        timeOut: () => native.giveUp(id),
      }
      native.dial(id, this.checked.native, plan)
    })
  }
}

// RFC 8305 §4: the families take turns, beginning with the one that the resolver put first.
function interleaved(found: readonly { address: string; family: number }[]): string[] {
  const first = found.filter(({ family }) => family === found[0]?.family)
  const second = found.filter(({ family }) => family !== found[0]?.family)
  return found.flatMap((_, i) => [first[i], second[i]].flatMap((each) => each?.address ?? []))
}

function withoutSecrets(headers: RequestOptions['headers']): RequestOptions['headers'] {
  const secret = new Set(['authorization', 'cookie', 'host', 'proxy-authorization'])
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !secret.has(name.toLowerCase())))
}
