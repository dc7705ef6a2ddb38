// Certificates for tests, made when they are needed: none that is kept could expire.

import { createPrivateKey, webcrypto } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import 'reflect-metadata' // before @peculiar/x509, which wants it
import {
  BasicConstraintsExtension,
  type Extension,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'

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

const { subtle } = webcrypto
const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const rsa2048 = {
  name: 'RSASSA-PKCS1-v1_5',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: 'SHA-256',
}
const dayMs = 86_400_000

let count = 0

export async function makeIdentity(spec: IdentitySpec = {}): Promise<Identity> {
  const { names = ['localhost', '127.0.0.1'], issuer, isCa = false, days = 30, passphrase, rsa = false } = spec
  count += 1
  const keys = await subtle.generateKey(rsa ? rsa2048 : ecdsa, true, ['sign', 'verify'])
  const subject = [{ CN: [names[0] as string] }]
  const endMs = Date.now() + days * dayMs
  const certificate = await X509CertificateGenerator.create({
    serialNumber: (1000 + count).toString(16),
    subject,
    issuer: issuer ? new X509Certificate(issuer.cert).subjectName : subject,
    publicKey: keys.publicKey,
    signingKey: issuer ? await signingKey(issuer) : keys.privateKey,
    signingAlgorithm: issuer ? ecdsa : rsa ? rsa2048 : ecdsa,
    notBefore: new Date(Math.min(Date.now(), endMs) - dayMs),
    notAfter: new Date(endMs),
    extensions: [isCa ? new BasicConstraintsExtension(true, undefined, true) : alternativeNames(names)],
  })
  const key = createPrivateKey({
    key: Buffer.from(await subtle.exportKey('pkcs8', keys.privateKey)),
    format: 'der',
    type: 'pkcs8',
  }).export({ format: 'pem', type: 'pkcs8', ...(passphrase !== undefined && { cipher: 'aes-256-cbc', passphrase }) })
  const identity = {
    cert: `${certificate.toString('pem')}\n`,
    key: key.toString(),
    certFile: join(folder, `${count}.cert.pem`),
    keyFile: join(folder, `${count}.key.pem`),
  }
  writeFileSync(identity.certFile, identity.cert)
  writeFileSync(identity.keyFile, identity.key)
  return identity
}

/** Whoever signs for others has a key of the usual kind, and no passphrase. */
function signingKey({ key }: Identity): Promise<webcrypto.CryptoKey> {
  const pkcs8 = createPrivateKey(key).export({ format: 'der', type: 'pkcs8' })
  return subtle.importKey('pkcs8', pkcs8, ecdsa, false, ['sign'])
}

function alternativeNames(names: string[]): Extension {
  return new SubjectAlternativeNameExtension(
    names.map((value) => ({ type: /^[\d.]+$/.test(value) ? 'ip' : 'dns', value })),
  )
}

export const testCa = await makeIdentity({ names: ['ntyws test CA'], isCa: true })

/** For localhost, as `localhost` and as `127.0.0.1`. */
export const testIdentity = await makeIdentity({ issuer: testCa })
