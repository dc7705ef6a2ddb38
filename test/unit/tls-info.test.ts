import { X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { readTlsInfo } from '../../lib/tls/tls-info.js'
import { testIdentity } from '../support/certificates.js'

const texts = (...each: string[]) => each.map((text) => `${text}\0`).join('')
const none = Buffer.alloc(0)
const der = new X509Certificate(testIdentity.cert).raw

test('a client without a certificate', () => {
  expect(readTlsInfo(texts('TLSv1.3', 'A_CIPHER', '', '', '', ''), none)).toEqual({
    protocol: 'TLSv1.3',
    cipher: 'A_CIPHER',
    servername: undefined,
    alpnProtocol: undefined,
    sessionReused: false,
    authorized: false,
    authorizationError: undefined,
    peerCertificate: undefined,
  })
})

test('a client that comes back, with a certificate', () => {
  const info = readTlsInfo(texts('TLSv1.2', 'A_CIPHER', 'a.example', 'http/1.1', 'resumed', ''), der)
  expect(info).toMatchObject({
    servername: 'a.example',
    alpnProtocol: 'http/1.1',
    sessionReused: true,
    authorized: true,
    authorizationError: undefined,
  })
  expect(info.peerCertificate?.subject).toBe('CN=localhost')
  expect(info.peerCertificate).toBe(info.peerCertificate)
})

test('a certificate that is not good', () => {
  expect(readTlsInfo(texts('TLSv1.3', 'A_CIPHER', '', '', '', 'CERT_HAS_EXPIRED'), der)).toMatchObject({
    authorized: false,
    authorizationError: 'CERT_HAS_EXPIRED',
  })
})
