// Chromium, the browser that tests drive.

import { createHash, X509Certificate } from 'node:crypto'
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const executablePath = '/usr/bin/chromium'

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Whether tests go without a browser; CI has to have it. */
export const withoutChromium = !existsSync(executablePath) && !process.env.CI
if (withoutChromium) console.log('The browser test is skipped: there is no chromium; apt-get install chromium')

/** @param trusted a server's certificate, in PEM */
export function launchChromium(trusted?: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: trusted === undefined ? flags : [...flags, trusting(trusted)] })
}

function trusting(cert: string): string {
  const key = new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' })
  return `--ignore-certificate-errors-spki-list=${createHash('sha256').update(key).digest('base64')}`
}
