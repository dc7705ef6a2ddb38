import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { consolePage } from '../../lib/cli/pages/console-page.js'
import type { Request } from '../../lib/types/index.js'

const get = (url: string, host = '127.0.0.1:8888') => {
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  const request: Request = {
    method: 'GET',
    url,
    path: pathname,
    query: searchParams,
    headers: { host },
    protocols: [],
    remoteAddress: '127.0.0.1',
    remotePort: 40000,
    localPort: 8888,
  }
  const { status, headers = {}, body } = consolePage(request)
  return { status, headers, body: String(body), policy: String(headers['content-security-policy']) }
}

test('GET / is a page of its own, under 20 KB', () => {
  const { status, headers, body } = get('/')
  expect(status).toBe(200)
  expect(headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
  expect(Buffer.byteLength(body)).toBeLessThan(20_000)
  expect(body).not.toMatch(/(src|href)="(?!data:)/)
  expect(get('/?token=1').status).toBe(200)
})

test('the policy admits exactly the script and the style of the page', () => {
  const { body, policy } = get('/')
  for (const element of ['script', 'style']) {
    const content = body.split(`<${element}>`)[1].split(`</${element}>`)[0]
    const hash = createHash('sha256').update(content).digest('base64')
    expect(policy).toContain(`${element}-src 'sha256-${hash}';`)
  }
  expect(policy).toContain("default-src 'none'")
  expect(policy).not.toContain('unsafe')
})

test('the policy allows connections to the host the page came from', () => {
  expect(get('/').policy).toContain("connect-src 'self' ws://127.0.0.1:8888 wss://127.0.0.1:8888;")
  expect(get('/', '[::1]:8888').policy).toContain("connect-src 'self' ws://[::1]:8888 wss://[::1]:8888;")
})

test('a host that is no host does not get into the policy', () => {
  expect(get('/', "x; script-src 'unsafe-inline'").policy).toContain("connect-src 'self';")
})

test.each(['/favicon.ico', '/index.html', '/x/'])('%s is not found', (url) => {
  const { status, headers } = get(url)
  expect(status).toBe(404)
  expect(headers['content-type']).toBe('text/plain; charset=utf-8')
})
