// Reads what users pass as `tls`: fills in defaults, and files. Certificates and keys themselves are judged in C++.

import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { getSystemErrorMap, types } from 'node:util'
import { invalidArgument, invalidValue, secureContextError } from '../base/errors.js'
import { ownOption, ownOptions } from '../base/own-properties.js'
import { kindOf, shown } from '../base/shown.js'
import { type NativeSecureContext, native, type PemText } from '../bridge/native.js'
import { integer } from '../options/connection-options.js'
import type { ClientTlsOptions, Key, Pem, SecureContextOptions } from '../types/index.js'

/** As Node's: a name of 16 bytes, and 32 that the keys are made of. */
const ticketKeysBytes = 48

export const newTicketKeys = (): Uint8Array => randomBytes(ticketKeysBytes)

/** Seconds; a week is the most that RFC 8446 §4.6.1 allows. */
const sessionTimeoutMax = 604_800

const versions = new Map<unknown, 12 | 13>([
  ['TLSv1.2', 12],
  ['TLSv1.3', 13],
])

/**
 * Checks the options, and reads their files.
 * @param ticketKeys for options without any of their own.
 * @throws TypeError or RangeError for options that are wrong, SecureContextError for files that cannot be read.
 */
export function readSecureContext(given: SecureContextOptions, ticketKeys: Uint8Array): NativeSecureContext {
  if (typeof given !== 'object' || given === null) {
    throw invalidArgument(`tls must be an object with cert and key, not ${kindOf(given)}`)
  }
  const options = ownOptions(given)
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
export function readClientContext(given: ClientTlsOptions): NativeSecureContext {
  if (typeof given !== 'object' || given === null) {
    throw invalidArgument(`tls must be an object, not ${kindOf(given)}`)
  }
  const options = ownOptions(given)
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
  const key = readKeys(options.key, text('passphrase', options.passphrase))
  if (key.length !== cert.length) {
    throw invalidValue(`tls needs a cert, and a key for each: there are ${cert.length} cert and ${key.length} key`)
  }
  const minVersion = version('minVersion', options.minVersion, 12)
  const maxVersion = version('maxVersion', options.maxVersion, 13)
  if (minVersion > maxVersion) throw invalidValue('tls.minVersion must not be above tls.maxVersion')
  return {
    cert,
    key,
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
  return listed<Pem>(name, given).map(([option, each]) => readOne(option, each, ''))
}

function readKeys(given: Key | readonly Key[] | undefined, passphrase: string): PemText[] {
  return listed<Key>('key', given).map(([option, each]) => {
    if (typeof each !== 'object' || each === null || each instanceof Uint8Array) {
      return readOne(option, each, passphrase)
    }
    const own = ownOptions(each)
    return readOne(`${option}.pem`, own.pem, text(`${option}.passphrase`, own.passphrase) || passphrase)
  })
}

/** Each with how messages call it. */
function listed<T>(name: string, given: T | readonly T[] | undefined): [name: string, each: T][] {
  if (given === undefined) return []
  if (!Array.isArray(given)) return [[name, given as T]]
  return given.map((each: T, index): [string, T] => [`${name}[${index}]`, each])
}

// What looks like PEM is PEM; any other string is the name of a file.
function readOne(name: string, given: Pem, passphrase: string): PemText {
  const option = `tls.${name}`
  if (given instanceof Uint8Array) return { text: Buffer.from(given).toString('latin1'), source: option, passphrase }
  if (typeof given !== 'string') {
    throw invalidArgument(`${option} must be PEM or the name of a file, as a string or Buffer, not ${kindOf(given)}`)
  }
  if (given.includes('-----BEGIN ')) return { text: given, source: option, passphrase }
  try {
    return { text: readFileSync(given, 'latin1'), source: `the file ${shown(given)} (${option})`, passphrase }
  } catch (error) {
    const { code = '', errno = 0 } = error as NodeJS.ErrnoException // its message has the name, be that a key
    const [, reason = 'it is no name of a file'] = getSystemErrorMap().get(errno) ?? []
    const which = isFileName(given, code, name) ? `the file ${shown(given)}` : `${kindOf(given)} that is no PEM`
    throw secureContextError(code, `${which} (${option}) cannot be read: ${code}, ${reason}`)
  }
}

/**
 * Whether a file that cannot be read may be named. A key without its first line is no name, nor is one in base64 or hex: these
 * have no dot before a few letters at their end, nor begin as a path with anything else in it. Short strings are no keys; but
 * a passphrase may stand where a key should.
 */
function isFileName(given: string, code: string, name: string): boolean {
  if (code !== 'ENOENT' && code !== 'ENAMETOOLONG' && code !== 'ERR_INVALID_ARG_VALUE') return true // it is there
  if (!/^[^\p{Cc}]{1,255}$/u.test(given)) return false
  const isPath = /^\.{0,2}\//.test(given) && (given.length < 40 || !/^[A-Za-z0-9+/=]+$/.test(given))
  return isPath || /\.[A-Za-z0-9]{1,8}$/.test(given) || (!name.startsWith('key') && given.length < 32)
}

// C++ and OpenSSL read most texts to the first zero byte only.
function text(name: string, value: unknown): string {
  if (value === undefined) return ''
  if (typeof value !== 'string') throw invalidArgument(`tls.${name} must be a string, not ${kindOf(value)}`)
  if (value.includes('\0')) throw invalidValue(`tls.${name} must not have a zero byte`)
  return value
}

/** The name that the server is asked for, and its certificate must be for; '' for none but the URL's host. */
export function servernameOf(given: ClientTlsOptions): string | undefined {
  const servername: unknown = ownOption(given, 'servername', given.servername)
  if (servername === undefined) return undefined
  if (typeof servername !== 'string') {
    throw invalidArgument(`tls.servername must be a string, not ${kindOf(servername)}`)
  }
  if (!/^(?!\.)[!-~]{0,255}$/.test(servername)) {
    throw invalidValue(
      `tls.servername is a host name of at most 255 ASCII characters, without a leading dot, not ${shown(servername)}`,
    )
  }
  return servername
}

function boolean(name: string, value: unknown, otherwise: boolean): boolean {
  if (value === undefined) return otherwise
  if (typeof value !== 'boolean') throw invalidArgument(`tls.${name} must be a boolean, not ${shown(value)}`)
  return value
}

function version(name: string, value: unknown, otherwise: 12 | 13): 12 | 13 {
  if (value === undefined) return otherwise
  const number = versions.get(value)
  if (number === undefined) {
    throw invalidValue(`tls.${name} is ${[...versions.keys()].join(' or ')}, not ${shown(value)}`)
  }
  return number
}

function protocols(value: unknown): string[] {
  if (value === undefined) return ['http/1.1']
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string')) {
    throw invalidArgument(`tls.ALPNProtocols must be an array of strings, not ${shown(value)}`)
  }
  if (value.some((each) => each.includes('\0'))) throw invalidValue('tls.ALPNProtocols must not have a zero byte')
  return value
}

function ownTicketKeys(value: unknown): Uint8Array | undefined {
  if (value === undefined) return undefined
  if (!types.isUint8Array(value) || value.length !== ticketKeysBytes) {
    throw invalidArgument(`tls.ticketKeys must be a Buffer of ${ticketKeysBytes} bytes`)
  }
  return value
}
