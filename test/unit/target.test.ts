import { describe, expect, test } from 'vitest'
import { hostAndPort, isSameOrigin, parseTarget, redirectTarget } from '../../lib/client/target.js'

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

describe('a Unix socket’s path', () => {
  const wrong = expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' })
  test('has 107 bytes at most, as they are decoded', () => {
    expect(parseTarget(`ws+unix:///${'x'.repeat(106)}:/`).path).toHaveLength(107)
    expect(parseTarget(`ws+unix:///${'%20'.repeat(106)}:/`).path).toHaveLength(107)
    for (const path of ['x'.repeat(107), '%20'.repeat(107), '€'.repeat(36), '%E2%82%AC'.repeat(36)]) {
      expect(() => parseTarget(`ws+unix:///${path}:/`)).toThrow(wrong)
    }
  })
  test.each(['a%00b', '%00', '%zz', '%ff'])('%s is none', (path) => {
    expect(() => parseTarget(`ws+unix:///${path}:/`)).toThrow(wrong)
  })
})

test.each([
  'ws://u:secret@x y/',
  'ws://u:100%secret@x/',
  'ws://x:99999/?secret',
  'user:secret@example.com',
  'secret:@x',
  'secret',
  'ftp://u:secret@x/?secret#secret',
  'ws://u:secret@x/?secret#secret',
  'ws+unix://secret@x/?secret',
  'ws+unix:///a:b?secret',
  `ws+unix:///${'x'.repeat(200)}?secret`,
])('no secret of %j is in the message', (url) => {
  for (const given of [url, ...(URL.canParse(url) ? [new URL(url)] : [])]) {
    let error: Error | undefined
    try {
      parseTarget(given)
    } catch (thrown) {
      error = thrown as Error
    }
    expect(error).toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' })
    expect(error?.stack).not.toContain('secret')
  }
})

test('what messages show has no query', () => {
  expect(parseTarget('ws://u:p@x/y?token=1').url).toBe('ws://x/y')
  expect(parseTarget('ws+unix:///a.sock:/y?token=1').url).toBe('ws+unix:///a.sock:/y')
})

test.each([
  ['ws://x/a?q', '', 'ws://x/a?q'],
  ['ws://x/a?q', '?r', 'ws://x/a?r'],
  ['ws://x/a/b', 'c', 'ws://x/a/c'],
  ['ws://x/a', '//y/b', 'ws://y/b'],
  ['wss://x/a', 'ws://x/a', 'ws://x/a'],
  ['ws+unix:///a.sock:/b/c?q', '/d?r', 'ws+unix:///a.sock:/d?r'],
  ['ws+unix:///a%20b.sock:/b/c', 'd', 'ws+unix:///a%20b.sock:/b/d'],
  ['ws+unix:///a.sock:/b', 'ws+unix:///c.sock:/d', 'ws+unix:///c.sock:/d'],
  ['ws+unix:///a.sock:/b', 'http://localhost/b', 'http://localhost/b'],
])('from %s the Location %j leads to %s', (from, location, to) => {
  expect(redirectTarget(parseTarget(from), location)).toEqual(parseTarget(to))
})

test.each([
  ['ws://x/', 'ws+unix:///a.sock'],
  ['ws+unix:///a.sock:/b', '//x/y'],
  ['ws+unix:///a.sock:/b', '/c#d'],
  ['ws+unix:///a.sock:/b', `ws+unix:///${'x'.repeat(200)}`],
  ['ws+unix:///a.sock:/b', 'ws+unix:///a%00b'],
])('from %s the Location %s leads nowhere', (from, location) => {
  expect(() => redirectTarget(parseTarget(from), location)).toThrow(TypeError)
})

test.each([
  ['ws://x/', 'ws://x/', true],
  ['ws://x/', 'ws://X:80/y?z', true],
  ['ws://x/', 'http://u:p@x/', true],
  ['ws://x/', 'ws://x:81/', false],
  ['ws://x/', 'ws://y/', false],
  ['ws://x/', 'ws://x./', false],
  ['ws://x/', 'wss://x/', false],
  ['ws://x:443/', 'wss://x/', false],
  ['wss://x/', 'ws://x/', false],
  ['wss://x/', 'ws://x:443/', false],
  ['ws://localhost/', 'ws+unix:///a.sock:/', false],
  ['ws+unix:///a.sock:/', 'http://localhost/', false],
  ['ws+unix:///a.sock:/', 'ws+unix:///b.sock:/', false],
  ['ws+unix:///a.sock:/', 'ws+unix:///%61.sock:/b', true],
])('%s and %s are one origin: %s', (a, b, same) => {
  expect(isSameOrigin(parseTarget(a), parseTarget(b))).toBe(same)
  expect(isSameOrigin(parseTarget(b), parseTarget(a))).toBe(same)
})
