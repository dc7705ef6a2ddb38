// Answers browsers: GET / is the console page, anything else is not found.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Request, Response } from '../../index.js'

const page = readFileSync(new URL('./console.html', import.meta.url), 'utf8')

/** A `request` handler for serve(). */
export function consolePage(request: Request): Response {
  if (request.path !== '/') {
    return { status: 404, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: 'Not found\n' }
  }
  return {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': contentSecurityPolicy(request.headers.host),
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
    body: page,
  }
}

// The hashes admit the page's own script and style, and nothing that might be injected into it.
const ownHashes = `script-src ${hashOf('script')}; style-src ${hashOf('style')}`

function hashOf(element: 'script' | 'style'): string {
  const content = new RegExp(`<${element}>(.*?)</${element}>`, 's').exec(page)?.[1] ?? ''
  return `'sha256-${createHash('sha256').update(content).digest('base64')}'`
}

function contentSecurityPolicy(host = ''): string {
  // 'self' covers ws: by CSP 3, but not in Safari before 15.4, which wants to see it spelt out.
  const sockets = /^[\w.:[\]-]+$/.test(host) ? ` ws://${host} wss://${host}` : ''
  return (
    `default-src 'none'; ${ownHashes}; img-src data:; connect-src 'self'${sockets}; ` +
    `base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
  )
}
