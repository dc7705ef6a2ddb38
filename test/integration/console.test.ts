// The console page in a real browser, against the command that serves it.

import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { testIdentity } from '../support/certificates.js'
import { launchChromium, withoutChromium } from '../support/chromium.js'
import { Cli } from '../support/cli.js'

const screenshotFile = fileURLToPath(new URL('../../out/console.png', import.meta.url))

describe.skipIf(withoutChromium)('console page', { timeout: 60_000 }, () => {
  let browser: Browser
  let cli: Cli
  let page: Page
  const faults: string[] = []

  beforeAll(async () => {
    browser = await launchChromium()
  }, 60_000)
  afterAll(() => browser?.close())

  beforeEach(async () => {
    cli = Cli.start('serve', '-p', '0')
    const url = await cli.listening()
    page = await browser.newPage({ viewport: { width: 1000, height: 680 } })
    faults.length = 0
    // Whatever the policy blocks is an error on the console.
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text())
    })
    page.on('pageerror', (error) => faults.push(String(error)))
    await page.goto(url.replace('ws:', 'http:'))
    await entry('open').waitFor()
  })
  afterEach(async () => {
    await page.close()
    cli.kill('SIGKILL')
    await cli.exit
  })

  const entries = (direction: 'sent' | 'received') => page.locator(`.entry.${direction}`)
  const bodies = (direction: 'sent' | 'received') => entries(direction).locator('.body').allTextContents()
  /** The last line about this event. */
  const entry = (kind: string) =>
    page.locator('.entry', { has: page.locator('.kind', { hasText: new RegExp(`^${kind}$`) }) }).last()
  const received = (count: number) =>
    entries('received')
      .nth(count - 1)
      .waitFor()
  const state = () => page.locator('#state').textContent()

  test('sends text and bytes, and shows echoes and round trips', async () => {
    expect(await state()).toBe('open')
    await page.fill('#text', 'Grüße')
    await page.press('#text', 'Enter')
    await received(1)
    expect(await page.inputValue('#text')).toBe('')

    await page.fill('#text', 'by the button')
    await page.click('text=Send text')
    await received(2)

    await page.fill('#hex', '0xDEAD, be:ef')
    await page.press('#hex', 'Enter')
    await received(3)

    const file = { name: 'some.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(100_000, 7) }
    await page.setInputFiles('#file', file)
    await received(4)

    const start = Array(64).fill('07').join(' ')
    const expected = ['Grüße', 'by the button', 'de ad be ef', `${start} …`]
    expect(await bodies('sent')).toEqual(expected)
    expect(await bodies('received')).toEqual(expected)
    expect(await entries('received').locator('.kind').allTextContents()).toEqual(['text', 'text', 'binary', 'binary'])
    for (const text of await entries('received').allTextContents()) {
      expect(text).toMatch(/^\d\d:\d\d:\d\d\.\d{3}←.*[\d.]+ ms[\d.]+ k?B$/s)
    }

    expect(await page.locator('#last').textContent()).toMatch(/^[\d.]+ ms$/)
    expect(await page.locator('#spread').textContent()).toMatch(/^[\d.]+ \/ [\d.]+ \/ [\d.]+ ms$/)
    expect(await page.locator('#sent').textContent()).toBe('4')
    expect(await page.locator('#received').textContent()).toBe('4')
    expect(faults).toEqual([])

    mkdirSync(dirname(screenshotFile), { recursive: true })
    await page.screenshot({ path: screenshotFile })
  })

  test('what is no hex is not sent', async () => {
    for (const input of ['f', 'xy', '12 3']) {
      await page.fill('#hex', input)
      await page.press('#hex', 'Enter')
      expect(await page.inputValue('#hex')).toBe(input)
    }
    await page.fill('#hex', '00 ff')
    await page.press('#hex', 'Enter')
    await received(1)
    expect(await bodies('sent')).toEqual(['00 ff'])
  })

  test('shows markup as text', async () => {
    const attack = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
    await page.fill('#text', attack)
    await page.press('#text', 'Enter')
    await received(1)
    expect(await bodies('received')).toEqual([attack])
    expect(await page.locator('#log img, #log script').count()).toBe(0)
    expect(await page.title()).toBe('ntyws console')
    expect(faults).toEqual([])
  })

  test('disconnects and connects again', async () => {
    await page.click('text=Disconnect')
    await entry('close').waitFor()
    expect(await entry('close').locator('.body').textContent()).toBe('1000')
    expect(await state()).toBe('closed')
    expect(await page.isDisabled('text=Send text')).toBe(true)

    await page.click('#connect')
    await page.locator('#state[data-state=open]').waitFor()
    await page.keyboard.type('again')
    await page.keyboard.press('Enter')
    await received(1)
  })

  test('arrow keys bring earlier messages back', async () => {
    for (const text of ['first', 'second']) {
      await page.fill('#text', text)
      await page.press('#text', 'Enter')
    }
    const values: string[] = []
    for (const key of ['ArrowUp', 'ArrowUp', 'ArrowUp', 'ArrowDown', 'ArrowDown']) {
      await page.press('#text', key)
      values.push(await page.inputValue('#text'))
    }
    expect(values).toEqual(['second', 'first', 'first', 'second', ''])
  })

  test('keeps the log at 2,000 lines', async () => {
    // Top-level functions of the page's script are properties of its window.
    await page.evaluate('for (let i = 0; i < 3000; i++) send("message " + i)')
    await page.locator('#received', { hasText: /^3,000$/ }).waitFor()
    await page.locator('.entry.received', { hasText: 'message 2999' }).waitFor()
    expect(await page.locator('.entry').count()).toBe(2000)
    expect(await page.locator('#shown').textContent()).toMatch(/^last 2,000 of 6,\d{3} lines$/)
  })

  test('shows the close when the server stops, and the error when it is gone', async () => {
    cli.kill('SIGTERM')
    await entry('close').waitFor()
    expect(await entry('close').locator('.body').textContent()).toMatch(/^1001/)
    expect(await state()).toBe('closed')
    expect((await cli.exit).code).toBe(0)

    await page.click('#connect')
    await entry('error').waitFor()
    await page.locator('.entry', { hasText: '1006' }).waitFor()
    expect(await state()).toBe('closed')
  })
})

describe.skipIf(withoutChromium)('the console page over TLS', { timeout: 60_000 }, () => {
  test('connects by wss from https, with a certificate that the browser trusts', async () => {
    const { cert, certFile, keyFile } = testIdentity
    const cli = Cli.start('serve', '-p', '0', '--cert', certFile, '--key', keyFile)
    const url = (await cli.listening()).replace('wss:', 'https:').replace('127.0.0.1', 'localhost')
    const browser = await launchChromium(cert)
    try {
      const page = await browser.newPage()
      await page.goto(url)
      await page.locator('.entry', { has: page.locator('.kind', { hasText: /^open$/ }) }).waitFor()
      await page.fill('#text', 'Grüße')
      await page.press('#text', 'Enter')
      await page.locator('.entry.received').waitFor()
      expect(await page.locator('.entry.received .body').allTextContents()).toEqual(['Grüße'])
    } finally {
      await browser.close()
      cli.kill('SIGKILL')
      await cli.exit
    }
  })
})
