// Reads what users pass as `tls`: fills in defaults, and files. Certificates and keys themselves are judged in C++.

import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { invalidArgument, invalidValue, secureContextError } from './errors.js'
import { type NativeSecureContext, native, type PemText } from './native.js'
import { integer } from './options.js'
import type { ClientTlsOptions, Pem, SecureContextOptions } from './types.js'

/** As Node's: a name of 16 bytes, and 32 that the keys are made of. */
const ticketKeysBytes = 48

export const newTicketKeys = (): Uint8Array => randomBytes(ticketKeysBytes)

/** Seconds; a week is the most that RFC 8446 §4.6.1 allows. */
const sessionTimeoutMax = 604_800

const versions: Record<string, 12 | 13> = { 'TLSv1.2': 12, 'TLSv1.3': 13 }

/**
 * Checks the options, and reads their files.
 * @param ticketKeys for options without any of their own.
 * @throws TypeError or RangeError for options that are wrong, SecureContextError for files that cannot be read.
 */
export function readSecureContext(options: SecureContextOptions, ticketKeys: Uint8Array): NativeSecureContext {
  if (typeof options !== 'object' || options === null) {
    throw invalidArgument(`tls must be an object with cert and key, not ${inspect(options)}`)
  }
  const ca = readAll('ca', options.ca)
  const requestCert = boolean('requestCert', options.requestCert, false)
  if (requestCert && ca.length === 0) {
    throw invalidValue('tls.requestCert needs a ca: the certificates that those of clients are signed with')
  }
  const both = readBothSides(options)
  if (both.cert.length === 0) throw invalidValue('tls needs a cert, and a key for each: there are 0 cert and 0 key')
  return {
    ...both,
    ca,
    requestCert,
    sessionTimeout: integer('tls.sessionTimeout', options.sessionTimeout, 300, 1, sessionTimeoutMax),
    ticketKeys: ownTicketKeys(options.ticketKeys) ?? ticketKeys,
  }
}

/** The same for a client. */
export function readClientContext(options: ClientTlsOptions): NativeSecureContext {
  if (typeof options !== 'object' || options === null) {
    throw invalidArgument(`tls must be an object, not ${inspect(options)}`)
  }
  return {
    ...readBothSides(options),
    ca: readAll('ca', options.ca),
    requestCert: false,
    sessionTimeout: 300,
    ticketKeys: new Uint8Array(0),
  }
}

function readBothSides(options: SecureContextOptions | ClientTlsOptions) {
  const cert = readAll('cert', options.cert)
  const key = readAll('key', options.key)
  if (key.length !== cert.length) {
    throw invalidValue(`tls needs a cert, and a key for each: there are ${cert.length} cert and ${key.length} key`)
  }
  const minVersion = version('minVersion', options.minVersion, 12)
  const maxVersion = version('maxVersion', options.maxVersion, 13)
  if (minVersion > maxVersion) throw invalidValue('tls.minVersion must not be above tls.maxVersion')
  return {
    cert,
    key,
    passphrase: text('passphrase', options.passphrase),
    ciphers: text('ciphers', options.ciphers),
    minVersion,
    maxVersion,
    ALPNProtocols: protocols(options.ALPNProtocols),
    rejectUnauthorized: boolean('rejectUnauthorized', options.rejectUnauthorized, true),
  }
}

/**
 * The number of a new native context.
 * @throws SecureContextError
 */
export function createSecureContext(context: NativeSecureContext): number {
  return numberOf(native.createSecureContext(context))
}

export function numberOf(created: ReturnType<typeof native.createSecureContext>): number {
  if (typeof created === 'number') return created
  throw secureContextError(created.code, created.message)
}

function readAll(name: string, given: Pem | readonly Pem[] | undefined): PemText[] {
  if (given === undefined) return []
  if (!Array.isArray(given)) return [readOne(name, given as Pem)]
  return given.map((each: Pem, index) => readOne(`${name}[${index}]`, each))
}

// What looks like PEM is PEM; any other string is the name of a file.
function readOne(name: string, given: Pem): PemText {
  const option = `tls.${name}`
  if (given instanceof Uint8Array) return { text: Buffer.from(given).toString('latin1'), source: option }
  if (typeof given !== 'string') {
    throw invalidArgument(`${option} must be PEM or the name of a file, as a string or Buffer, not ${inspect(given)}`)
  }
  if (given.includes('-----BEGIN ')) return { text: given, source: option }
  const source = `the file '${given}' (${option})`
  try {
    return { text: readFileSync(given, 'latin1'), source }
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    throw secureContextError(code, `${source} cannot be read: ${message}`)
  }
}

function text(name: string, value: unknown): string {
  if (value === undefined) return ''
  if (typeof value !== 'string') throw invalidArgument(`tls.${name} must be a string, not ${inspect(value)}`)
  return value
}

function boolean(name: string, value: unknown, otherwise: boolean): boolean {
  if (value === undefined) return otherwise
  if (typeof value !== 'boolean') throw invalidArgument(`tls.${name} must be a boolean, not ${inspect(value)}`)
  return value
}

function version(name: string, value: unknown, otherwise: 12 | 13): 12 | 13 {
  if (value === undefined) return otherwise
  const number = versions[String(value)]
  if (number === undefined) {
    throw invalidValue(`tls.${name} is ${Object.keys(versions).join(' or ')}, not ${inspect(value)}`)
  }
  return number
}

function protocols(value: unknown): string[] {
  if (value === undefined) return ['http/1.1']
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string')) {
    throw invalidArgument(`tls.ALPNProtocols must be an array of strings, not ${inspect(value)}`)
  }
  return value
}

function ownTicketKeys(value: unknown): Uint8Array | undefined {
  if (value === undefined) return undefined
  if (!(value instanceof Uint8Array) || value.length !== ticketKeysBytes) {
    throw invalidArgument(`tls.ticketKeys must be a Buffer of ${ticketKeysBytes} bytes`)
  }
  return value
}
