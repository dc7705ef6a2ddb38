import { describe, expect, test } from 'vitest'
import { RequestImpl } from '../../lib/http/request.js'

function request(target: string, ...lines: string[]): RequestImpl {
  return new RequestImpl([`GET ${target} HTTP/1.1`, ...lines, '', ''].join('\r\n'), 0x7f000001, 1234, 8888)
}

describe('the target', () => {
  test.each([
    ['/', '/', ''],
    ['/a/b', '/a/b', ''],
    ['/a?', '/a', ''],
    ['/a?x=1&y=2', '/a', 'x=1&y=2'],
    ['/a?x=?&y', '/a', 'x=%3F&y='],
    ['?x=1', '', 'x=1'],
    ['http://host/a?b=c', 'http://host/a', 'b=c'],
    ['/%zz?%zz', '/%zz', '%25zz='],
  ])('%s', (target, path, query) => {
    const { url, path: seen, query: parsed } = request(target)
    expect([url, seen, parsed.toString()]).toEqual([target, path, query])
  })

  test('the query is parsed once', () => {
    const one = request('/?a=1')
    expect(one.query).toBe(one.query)
  })
})

describe('headers', () => {
  test('by lower-case name, trimmed, colons kept', () => {
    expect(request('/', 'Host: a:80', 'X-Empty:', 'X-Space: \t v w \t').headers).toMatchObject({
      host: 'a:80',
      'x-empty': '',
      'x-space': 'v w',
    })
  })

  test('fields that came more than once are joined; cookies as cookies are', () => {
    const { headers } = request('/', 'a: 1', 'A: 2', 'Cookie: x=1', 'cookie: y=2')
    expect(headers.a).toBe('1, 2')
    expect(headers.cookie).toBe('x=1; y=2')
  })

  test('no name comes from Object', () => {
    const { headers } = request('/', '__proto__: a', 'b: c')
    expect(headers.constructor).toBeUndefined()
    expect(Object.keys(headers)).toEqual(['__proto__', 'b'])
  })
})

test('protocols in the order of the client, from several fields, without empty ones', () => {
  expect(request('/', 'Sec-WebSocket-Protocol: b,a', 'sec-websocket-protocol:  c ,,').protocols).toEqual([
    'b',
    'a',
    'c',
  ])
  expect(request('/').protocols).toEqual([])
})

test('peer and ports', () => {
  const { method, remoteAddress, remotePort, localPort } = request('/')
  expect([method, remoteAddress, remotePort, localPort]).toEqual(['GET', '127.0.0.1', 1234, 8888])
})
