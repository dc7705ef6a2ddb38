// What a request tells of its TLS connection.

import { X509Certificate } from 'node:crypto'
import type { TlsInfo } from '../types/index.js'

/** @param texts as C++ reports them, @param der of the peer's certificate; empty without one */
export function readTlsInfo(texts: string, der: Buffer): TlsInfo {
  const [protocol, cipher, servername, alpnProtocol, resumed, authorizationError] = texts.split('\0') as [
    TlsInfo['protocol'],
    string,
    string,
    string,
    string,
    string,
  ]
  let certificate: X509Certificate | undefined
  return {
    protocol,
    cipher,
    servername: servername || undefined,
    alpnProtocol: alpnProtocol || undefined,
    sessionReused: resumed !== '',
    authorized: der.length > 0 && authorizationError === '',
    authorizationError: authorizationError || undefined,
    get peerCertificate() {
      if (der.length > 0) certificate ??= new X509Certificate(der)
      return certificate
    },
  }
}
