// Certificates for tests, made by openssl when they are needed: none that is kept could expire.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folder = mkdtempSync(join(tmpdir(), 'ntyws-certificates-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

export interface Identity {
  cert: string
  key: string
  certFile: string
  keyFile: string
}

export interface IdentitySpec {
  /** Host names and addresses; the first is the subject's common name. */
  names?: string[]
  /** Default: by itself. */
  issuer?: Identity
  isCa?: boolean
  /** From now on; negative for one that has expired. */
  days?: number
  passphrase?: string
  rsa?: boolean
}

let count = 0

const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })

export function makeIdentity(spec: IdentitySpec = {}): Identity {
  const { names = ['localhost', '127.0.0.1'], issuer, isCa = false, days = 30, passphrase, rsa = false } = spec
  count += 1
  const certFile = join(folder, `${count}.cert.pem`)
  const keyFile = join(folder, `${count}.key.pem`)
  const request = join(folder, `${count}.request.pem`)
  const extensions = join(folder, `${count}.extensions`)
  const kind = rsa ? ['rsa:2048'] : ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
  const protection = passphrase === undefined ? ['-nodes'] : ['-passout', `pass:${passphrase}`]
  openssl(
    'req',
    '-new',
    '-newkey',
    ...kind,
    ...protection,
    '-keyout',
    keyFile,
    '-out',
    request,
    '-subj',
    `/CN=${names[0]}`,
  )
  const alternatives = names.map((name) => `${/^[\d.]+$/.test(name) ? 'IP' : 'DNS'}:${name}`)
  writeFileSync(extensions, isCa ? 'basicConstraints=critical,CA:TRUE' : `subjectAltName=${alternatives.join(',')}`)
  const signer = issuer
    ? ['-CA', issuer.certFile, '-CAkey', issuer.keyFile, '-set_serial', String(1000 + count)]
    : ['-signkey', keyFile, ...(passphrase === undefined ? [] : ['-passin', `pass:${passphrase}`])]
  openssl('x509', '-req', '-in', request, ...signer, '-days', String(days), '-extfile', extensions, '-out', certFile)
  return { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8'), certFile, keyFile }
}

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}

export const testCa = once(() => makeIdentity({ names: ['ntyws test CA'], isCa: true }))

/** For localhost, as `localhost` and as `127.0.0.1`. */
export const testIdentity = once(() => makeIdentity({ issuer: testCa() }))
