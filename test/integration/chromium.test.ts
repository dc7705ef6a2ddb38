// A page in Chromium as a client, over ws and wss: what its WebSocket agrees on with a server that compresses, and that messages
// come back.

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testIdentity } from '../support/certificates.js'
import { launchChromium, withoutChromium } from '../support/chromium.js'
import { corpora } from '../support/corpora.js'
import { startServer } from '../support/test-server.js'

const text = corpora[0]?.bytes.toString().slice(0, 200_000) as string

/** Run by the page. Resolves with what it was told, or with the code of a close that should not be. */
const exchange = `(async (texts) => {
  const socket = new WebSocket(location.href.replace(/^http/, 'ws'))
  socket.binaryType = 'arraybuffer'
  await new Promise((resolve, reject) => {
    socket.onopen = resolve
    socket.onerror = () => reject(new Error('no connection'))
  })
  const echo = (data) => new Promise((resolve, reject) => {
    socket.onmessage = (event) => resolve(event.data)
    socket.onclose = ({ code, reason }) => reject(new Error(code + reason))
    socket.send(data)
  })
  const echoes = []
  for (const text of texts) {
    const bytes = new TextEncoder().encode(text)
    echoes.push(await echo(text) === text)
    const back = new Uint8Array(await echo(bytes))
    echoes.push(back.length === bytes.length && back.every((byte, i) => byte === bytes[i]))
  }
  const closed = new Promise((resolve) => (socket.onclose = ({ code }) => resolve(code)))
  socket.close(1000)
  return { extensions: socket.extensions, echoes, code: await closed }
})`

describe.skipIf(withoutChromium).each(['ws', 'wss'])('Chromium over %s', { timeout: 60_000 }, (scheme) => {
  const { cert, key } = testIdentity
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium(cert)
  }, 60_000)
  afterAll(() => browser?.close())

  test('connects from a page of the origins alone', async () => {
    const page = await browser.newPage()
    const secure = scheme === 'wss' && { tls: { cert, key } }
    const site = await startServer({
      ...secure,
      request: () => ({ status: 200, headers: { 'Content-Type': 'text/html' }, body: '<!doctype html>' }),
    })
    const origin = `${scheme === 'wss' ? 'https' : 'http'}://localhost:${site.port}`
    const { port, server } = await startServer({ ...secure, origins: [`${origin}/`] })
    const connects = (from: typeof page) =>
      from.evaluate(`new Promise((resolve) => {
        const socket = new WebSocket('${scheme}://localhost:${port}/')
        socket.onopen = () => resolve(true)
        socket.onerror = () => resolve(false)
      })`)
    await page.goto(`${origin}/`)
    expect(await connects(page)).toBe(true)
    // The same server by its address is another site, and a frame in a sandbox has no origin at all.
    await page.goto(`${origin.replace('localhost', '127.0.0.1')}/`)
    expect(await connects(page)).toBe(false)
    await page.setContent('<iframe sandbox="allow-scripts" srcdoc="<p>"></iframe>')
    const frame = await (await page.waitForSelector('iframe')).contentFrame()
    expect(await connects(frame as unknown as typeof page)).toBe(false)
    expect(server.stats()).toMatchObject({ accepted: 1, refused: 2 })
    await page.close()
  })

  test.each([
    ['12 window bits by default', true, 'server_max_window_bits=12; client_max_window_bits=12'],
    [
      'windows that are not taken over',
      {
        serverNoContextTakeover: true,
        clientNoContextTakeover: true,
        serverMaxWindowBits: 15,
        clientMaxWindowBits: 15,
      },
      'server_no_context_takeover; client_no_context_takeover',
    ],
    [
      'the smallest windows',
      { serverMaxWindowBits: 8, clientMaxWindowBits: 9, threshold: 0 },
      'server_max_window_bits=8; client_max_window_bits=9',
    ],
  ])('%s', async (_, perMessageDeflate, parameters) => {
    const { port, server } = await startServer({
      ...(scheme === 'wss' && { tls: { cert, key } }),
      perMessageDeflate,
      request: () => ({ status: 200, headers: { 'Content-Type': 'text/html' }, body: '<!doctype html>' }),
      message: (socket, data) => void socket.send(data),
    })
    const page = await browser.newPage()
    await page.goto(`${scheme === 'wss' ? 'https' : 'http'}://localhost:${port}/`)
    const texts = ['', 'short', 'grün 😀', text, 'ü'.repeat(100_000), text]
    const outcome = await page.evaluate(`${exchange}(${JSON.stringify(texts)})`)
    expect(outcome).toEqual({
      extensions: `permessage-deflate; ${parameters}`,
      echoes: Array(2 * texts.length).fill(true),
      code: 1000,
    })
    // Both sides have compressed: what came and went is a fraction of the messages.
    const { bytesReceived, bytesSent } = server.stats()
    expect([bytesReceived < 500_000, bytesSent < 500_000]).toEqual([true, true])
    await page.close()
  })
})
