import { describe, expect, test } from 'vitest'
import { hostAndPort, parseTarget } from '../../lib/target.js'

describe('parseTarget', () => {
  test.each([
    [
      'ws://example.com',
      { host: 'example.com', port: 80, authority: 'example.com', requestTarget: '/', isSecure: false },
    ],
    ['wss://example.com', { port: 443, authority: 'example.com', isSecure: true }],
    ['http://example.com:8080/a', { port: 8080, authority: 'example.com:8080', requestTarget: '/a', isSecure: false }],
    ['https://example.com/a?b=c', { port: 443, requestTarget: '/a?b=c', isSecure: true }],
    ['ws://example.com:80/', { port: 80, authority: 'example.com' }],
    ['wss://[2001:db8::1]:9/', { host: '2001:db8::1', port: 9, authority: '[2001:db8::1]:9' }],
    ['ws://EXAMPLE.com/ü?ü', { host: 'example.com', requestTarget: '/%C3%BC?%C3%BC' }],
    ['ws+unix:///run/a.sock', { path: '/run/a.sock', requestTarget: '/', authority: 'localhost', host: '', port: 0 }],
    ['ws+unix:///run/a%20b.sock:/c?d', { path: '/run/a b.sock', requestTarget: '/c?d' }],
  ])('%s', (url, expected) => {
    expect(parseTarget(url)).toMatchObject(expected)
    expect(parseTarget(new URL(url))).toEqual(parseTarget(url))
  })

  test('user and password become credentials, and are in no message', () => {
    const url = new URL('ws://us%20er:p%3Aw@example.com/x')
    const target = parseTarget(url)
    expect(target.authorization).toBe(`Basic ${Buffer.from('us er:p:w').toString('base64')}`)
    expect(target.url).toBe('ws://example.com/x')
    expect(url.username).toBe('us%20er') // the caller's own
    expect(() => parseTarget('ftp://user:secret@x')).toThrow(/^(?!.*secret)/)
  })

  test.each([
    '',
    'example.com',
    'ftp://x',
    'ws://',
    'ws://x/#y',
    'ws+unix://host/x',
    'ws+unix:',
    'ws+unix:///x:y',
    'ws:///',
  ])('%j is none', (url) => expect(() => parseTarget(url)).toThrow(TypeError))

  test.each([undefined, null, 7, {}])('%j is none either', (url) =>
    expect(() => parseTarget(url as never)).toThrow(/must be a string or a URL/),
  )
})

test('hostAndPort puts IPv6 in brackets', () => {
  expect(hostAndPort({ host: 'a', port: 1 })).toBe('a:1')
  expect(hostAndPort({ host: '::1', port: 1 })).toBe('[::1]:1')
})
