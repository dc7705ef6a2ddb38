// The URL of a WebSocket server: where to connect to, and what to ask for there.

import { invalidArgument, invalidValue } from '../base/errors.js'
import { kindOf } from '../base/shown.js'
import { native } from '../bridge/native.js'

export interface Target {
  /** For messages: without user and password, and without the query, which may hold a token. */
  url: string
  /** Without user and password; for relative redirects. */
  href: string
  isSecure: boolean
  /** A name or an address; '' for a Unix socket. */
  host: string
  port: number
  /** Of a Unix socket, or ''. */
  path: string
  /** The value of the Host header. */
  authority: string
  /** Path and query. */
  requestTarget: string
  /** The value of the Authorization header, or ''. */
  authorization: string
}

const schemes: Record<string, { isSecure: boolean; isUnix: boolean }> = {
  'ws:': { isSecure: false, isUnix: false },
  'wss:': { isSecure: true, isUnix: false },
  'http:': { isSecure: false, isUnix: false },
  'https:': { isSecure: true, isUnix: false },
  'ws+unix:': { isSecure: false, isUnix: true },
}

/** @throws TypeError for what is no URL of a WebSocket server. */
export function parseTarget(given: string | URL): Target {
  if (typeof given !== 'string' && !(given instanceof URL)) {
    throw invalidArgument(`url must be a string or a URL, not ${kindOf(given)}`)
  }
  const url = parseUrl(given)
  const scheme = Object.hasOwn(schemes, url.protocol) ? schemes[url.protocol] : undefined
  if (!scheme) throw invalidValue(`a URL begins with ws:, wss:, http:, https: or ws+unix:${butNot(url)}`)
  const authorization = authorizationOf(url)
  url.username = url.password = ''
  const shown = urlForMessages(url)
  if (url.hash !== '') throw invalidValue(`${shown}: the URL of a WebSocket has no fragment`)
  const common = { url: shown, href: url.href, isSecure: scheme.isSecure, authorization }
  if (!scheme.isUnix) {
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const port = url.port === '' ? (scheme.isSecure ? 443 : 80) : Number(url.port)
    return { ...common, host, port, path: '', authority: url.host, requestTarget: url.pathname + url.search }
  }
  const [path, requestPath = '/'] = url.pathname.split(':') as [string, string?]
  if (url.host !== '' || path === '' || !requestPath.startsWith('/')) {
    throw invalidValue(
      `${shown}: a Unix socket's URL is like ws+unix:///run/a.sock:/path, with the request's path last`,
    )
  }
  const socketPath = decoded(path)
  if (!native.isSocketPath(socketPath)) {
    throw invalidValue(`${shown}: a Unix socket's path has 1 to 107 bytes, and no zero byte`)
  }
  return {
    ...common,
    host: '',
    port: 0,
    path: socketPath,
    authority: 'localhost',
    requestTarget: requestPath + url.search,
  }
}

/**
 * Where a Location leads from there (RFC 9110 §10.2.2). One that names no server stays on a Unix socket.
 * @throws TypeError as parseTarget does, and for a Unix socket that a server elsewhere names.
 */
export function redirectTarget(from: Target, location: string): Target {
  if (from.path === '') {
    if (!URL.canParse(location, from.href)) throw invalidValue('the Location is no URL')
    const next = parseTarget(new URL(location, from.href))
    if (next.path !== '') throw invalidValue('a Unix socket of ours is not for a server elsewhere to name')
    return next
  }
  if (URL.canParse(location)) return parseTarget(location)
  const { host, pathname, search, hash } = new URL(location, `http://localhost${from.requestTarget}`)
  if (host !== 'localhost') throw invalidValue('the Location has a host without a scheme')
  const url = new URL(from.href)
  url.pathname = `${url.pathname.split(':')[0]}:${pathname}`
  url.search = search
  url.hash = hash
  return parseTarget(url)
}

/** Whether both are one server, spoken to in one way: what is meant for the one may be told to the other. */
export function isSameOrigin(a: Target, b: Target): boolean {
  return a.isSecure === b.isSecure && a.path === b.path && a.host === b.host && a.port === b.port
}

function parseUrl(given: string | URL): URL {
  try {
    return new URL(given)
  } catch {
    throw invalidValue(`url must be a URL, not ${kindOf(given)}`)
  }
}

function urlForMessages(url: URL): string {
  const shown = new URL(url)
  shown.search = shown.hash = ''
  return shown.href
}

/** The scheme of a URL that has a wrong one. In `user:password@host` there is none: it only looks like that. */
export function butNot({ href, protocol }: URL): string {
  return href.startsWith(`${protocol}//`) ? `, not ${protocol}` : ''
}

/** @throws TypeError */
export function authorizationOf({ username, password }: URL): string {
  if (username === '' && password === '') return ''
  return `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')}`
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw invalidValue('user, password and path of a socket are in a URL as percent-encoded UTF-8')
  }
}

/** Host and port as a proxy wants them, and messages show them. */
export function hostAndPort({ host, port }: { host: string; port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
