import { describe, expect, test } from 'vitest'
import { proxyOfEnvironment, tunnelRequest } from '../../lib/client/proxy.js'
import { parseTarget } from '../../lib/client/target.js'

const hostFor = (url: string, environment: NodeJS.ProcessEnv) => proxyOfEnvironment(parseTarget(url), environment)?.host

describe('the environment', () => {
  test('names a proxy by scheme, in either case, or for all', () => {
    const environment = { http_proxy: 'http://h:1', https_proxy: 'http://s:2' }
    expect(hostFor('ws://x', environment)).toBe('h')
    expect(hostFor('wss://x', environment)).toBe('s')
    expect(hostFor('ws://x', { HTTP_PROXY: 'upper:3128' })).toBe('upper')
    expect(hostFor('wss://x', { all_proxy: 'http://a' })).toBe('a')
    expect(hostFor('ws://x', {})).toBeUndefined()
    expect(hostFor('ws://x', { http_proxy: '' })).toBeUndefined()
    expect(hostFor('ws+unix:///x.sock', environment)).toBeUndefined()
  })

  test.each([
    ['*', 'ws://x', true],
    ['example.com', 'ws://example.com', true],
    ['example.com', 'ws://www.example.com', true],
    ['.example.com', 'ws://www.example.com', true],
    ['*.example.com', 'ws://www.example.com', true],
    ['example.com', 'ws://notexample.com', false],
    ['example.com:8080', 'ws://example.com:8080', true],
    ['example.com:8080', 'ws://example.com', false],
    ['a, b,EXAMPLE.com', 'ws://example.com', true],
    ['127.0.0.1', 'ws://127.0.0.1:81', true],
    ['', 'ws://x', false],
  ])('no_proxy=%j and %s: exempt %s', (list, url, exempt) => {
    expect(hostFor(url, { http_proxy: 'http://h', no_proxy: list })).toBe(exempt ? undefined : 'h')
  })
})

test('the tunnel’s request', () => {
  const proxy = { host: 'h', port: 1, authorization: '' }
  expect(tunnelRequest(parseTarget('wss://[::1]/'), proxy)).toBe(
    'CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n\r\n',
  )
  expect(tunnelRequest(parseTarget('ws://x'), { ...proxy, authorization: 'Basic x' })).toContain(
    '\r\nProxy-Authorization: Basic x\r\n',
  )
})
