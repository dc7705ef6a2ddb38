// What TLS takes and tells, by type.

import type { X509Certificate } from 'node:crypto'
import {
  type SecureContextError,
  type SecureContextOptions,
  type Server,
  serve,
  serveWorkers,
  type TlsInfo,
} from 'ntyws'

const tls: SecureContextOptions = {
  cert: ['cert.pem', Buffer.from('')],
  key: ['key.pem', new Uint8Array()],
  ca: 'ca.pem',
  passphrase: 'p',
  requestCert: true,
  rejectUnauthorized: false,
  ciphers: 'TLS_AES_128_GCM_SHA256',
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  ALPNProtocols: ['http/1.1'],
  sessionTimeout: 300,
  ticketKeys: Buffer.alloc(48),
}
serve({
  port: 0,
  tls,
  upgrade({ tls }) {
    const info: TlsInfo | undefined = tls
    const certificate: X509Certificate | undefined = info?.peerCertificate
    const version: 'TLSv1.2' | 'TLSv1.3' | undefined = info?.protocol
    // @ts-expect-error it need not speak TLS
    tls.cipher
    // @ts-expect-error it cannot be changed
    if (info) info.authorized = true
    void [certificate, version]
  },
})
serveWorkers('./handler.js', { tls })
serve({ port: 0, tls: { cert: '', key: { pem: 'PEM', passphrase: '' } } })
serve({ port: 0, tls: { cert: ['', ''], key: [{ pem: new Uint8Array() }, 'key.pem'] } })
// @ts-expect-error a certificate has no passphrase
serve({ port: 0, tls: { cert: { pem: '' }, key: '' } })
// @ts-expect-error a key is needed
serve({ port: 0, tls: { cert: 'cert.pem' } })
// @ts-expect-error so is a certificate
serve({ port: 0, tls: { key: 'key.pem' } })
// @ts-expect-error no old versions
serve({ port: 0, tls: { cert: '', key: '', minVersion: 'TLSv1' } })
// @ts-expect-error no name of Node's that we do not have
serve({ port: 0, tls: { cert: '', key: '', pfx: '' } })

declare const server: Server
const changes: Promise<void>[] = [
  server.setSecureContext(),
  server.setSecureContext(tls),
  server.setSecureContext(tls, '*.example.org'),
]
const secure: boolean = server.secure
// @ts-expect-error a name is text
server.setSecureContext(tls, 1)

declare const error: SecureContextError
const code: string = error.code
void [changes, secure, code]
