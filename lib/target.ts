// The URL of a WebSocket server: where to connect to, and what to ask for there.

import { inspect } from 'node:util'
import { invalidArgument, invalidValue } from './errors.js'

export interface Target {
  /** Without user and password, for messages. */
  url: string
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
    throw invalidArgument(`url must be a string or a URL, not ${inspect(given)}`)
  }
  const url = parseUrl(given)
  const scheme = schemes[url.protocol]
  const authorization = authorizationOf(url)
  url.username = url.password = ''
  const shown = url.href
  if (!scheme) throw invalidValue(`${shown}: a URL begins with ws:, wss:, http:, https: or ws+unix:`)
  if (url.hash !== '') throw invalidValue(`${shown}: the URL of a WebSocket has no fragment`)
  const common = { url: shown, isSecure: scheme.isSecure, authorization }
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
  const requestTarget = requestPath + url.search
  return { ...common, host: '', port: 0, path: decodeURIComponent(path), authority: 'localhost', requestTarget }
}

function parseUrl(given: string | URL): URL {
  try {
    return new URL(given)
  } catch {
    throw invalidValue(`${inspect(given)} is no URL`)
  }
}

export function authorizationOf({ username, password }: URL): string {
  if (username === '' && password === '') return ''
  return `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`
}

/** Host and port as a proxy wants them, and messages show them. */
export function hostAndPort({ host, port }: { host: string; port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
