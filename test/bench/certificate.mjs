// The certificate of the servers that speak TLS, made by openssl for this run: none that is kept could expire.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * @returns {{ cert: string, key: string }} Files, there as long as this process.
 * @throws {Error} that says what is missing.
 */
export function makeCertificate() {
  const folder = mkdtempSync(join(tmpdir(), 'ntyws-bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const args = ['req', '-x509', ...kind, '-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=127.0.0.1']
  try {
    execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  } catch (error) {
    if (error.code === 'ENOENT')
      throw new Error('the openssl command is needed to make a certificate, and was not found')
    throw new Error(`openssl made no certificate:\n${error.stderr}`)
  }
  return { cert, key }
}
