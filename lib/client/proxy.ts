// Which proxy stands between us and a server, and how it is asked for a tunnel.

import { invalidArgument, invalidValue } from '../base/errors.js'
import { kindOf } from '../base/shown.js'
import { authorizationOf, butNot, hostAndPort, type Target } from './target.js'

export interface HttpProxy {
  host: string
  port: number
  /** The value of the Proxy-Authorization header, or ''. */
  authorization: string
}

/** @throws TypeError for a proxy of a kind that is not spoken, be it named by the environment. */
export function proxyFor(target: Target, option: string | URL | undefined): HttpProxy | undefined {
  if (option === undefined) return undefined
  if (option === 'env') return proxyOfEnvironment(target, process.env)
  if (target.path !== '') throw invalidValue(`${target.url}: a Unix socket is not reached through a proxy`)
  return parseProxy(option)
}

export function proxyOfEnvironment(target: Target, environment: NodeJS.ProcessEnv): HttpProxy | undefined {
  const read = (name: string) => environment[name] ?? environment[name.toUpperCase()]
  const proxy = read(target.isSecure ? 'https_proxy' : 'http_proxy') ?? read('all_proxy')
  if (!proxy || target.path !== '' || isExempt(target, read('no_proxy') ?? '')) return undefined
  return parseProxy(proxy.includes('://') ? proxy : `http://${proxy}`)
}

// As curl does it: a name stands for its subdomains too, with a leading dot or without, and '*' for all.
function isExempt({ host, port }: Target, list: string): boolean {
  return list.split(/[\s,]+/).some((item) => {
    if (item === '*') return true
    const [, name = '', itemPort] = /^(.*?)(?::(\d+))?$/.exec(item.replace(/^\*?\./, '').toLowerCase()) ?? []
    if (name === '' || (itemPort !== undefined && Number(itemPort) !== port)) return false
    return host === name || host.endsWith(`.${name}`)
  })
}

function parseProxy(option: string | URL): HttpProxy {
  if (typeof option !== 'string' && !(option instanceof URL)) {
    throw invalidArgument(`proxy must be a string or a URL, not ${kindOf(option)}`)
  }
  if (!URL.canParse(String(option))) throw invalidValue(`proxy must be 'env' or a URL, not ${kindOf(option)}`)
  const url = new URL(option)
  if (url.protocol !== 'http:') throw invalidValue(`a proxy's URL begins with http:${butNot(url)}`)
  const port = url.port === '' ? 80 : Number(url.port)
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port, authorization: authorizationOf(url) }
}

/** The whole request (RFC 9110 §9.3.6). */
export function tunnelRequest(target: Target, proxy: HttpProxy): string {
  const authority = hostAndPort(target)
  const authorization = proxy.authorization === '' ? '' : `Proxy-Authorization: ${proxy.authorization}\r\n`
  return `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${authorization}\r\n`
}
