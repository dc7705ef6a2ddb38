// How TLS is spoken, on either side, and what was agreed.

import type { X509Certificate } from 'node:crypto'

/** What was agreed in the TLS handshake, and who the peer is. */
export interface TlsInfo {
  readonly protocol: 'TLSv1.2' | 'TLSv1.3'
  /** By the standard's name, such as TLS_AES_128_GCM_SHA256. */
  readonly cipher: string
  /** The host name that was asked for. */
  readonly servername: string | undefined
  readonly alpnProtocol: string | undefined
  /** The client came back with a session of an earlier connection, and the certificates are those of then. */
  readonly sessionReused: boolean
  /** That of the server; with `requestCert`, that which the client showed. */
  readonly peerCertificate: X509Certificate | undefined
  /** Whether there is one that `ca` has signed, and that was valid then. */
  readonly authorized: boolean
  /** Why the certificate is not good, by Node's names: `CERT_HAS_EXPIRED`, `DEPTH_ZERO_SELF_SIGNED_CERT` and so on. */
  readonly authorizationError: string | undefined
}

/** PEM, or the name of a file of it. */
export type Pem = string | Uint8Array

/** A private key; one that is encrypted may have a passphrase of its own. */
export type Key = Pem | { pem: Pem; passphrase?: string }

/** How TLS is spoken, on either side; names and units are those of Node's `tls`. */
export interface TlsOptions {
  /** Of the keys that are encrypted and have none of their own. */
  passphrase?: string
  /** OpenSSL's list, the names of TLS 1.3 among it. Default: those with forward secrecy and authenticated encryption. */
  ciphers?: string
  /** Default TLSv1.2. */
  minVersion?: 'TLSv1.2' | 'TLSv1.3'
  /** Default TLSv1.3. */
  maxVersion?: 'TLSv1.2' | 'TLSv1.3'
  /** Default `['http/1.1']`. */
  ALPNProtocols?: readonly string[]
}

/** Certificates and keys of a server, and how it speaks TLS. */
export interface SecureContextOptions extends TlsOptions {
  /** The certificate, with those that lead from it to a known one behind it; an array for keys of several kinds. */
  cert: Pem | readonly Pem[]
  /** The private key, or as many of them as certificates. */
  key: Key | readonly Key[]
  /** Certificates that those of clients are signed with. */
  ca?: Pem | readonly Pem[]
  /** Asks clients for a certificate. Default false. */
  requestCert?: boolean
  /** Turns clients away that show none, or none that `ca` has signed; else `upgrade` sees to them. Default true. */
  rejectUnauthorized?: boolean
  /** Seconds for which a client can come back without a full handshake. Default 300. */
  sessionTimeout?: number
  /** 48 secret bytes; servers with the same take each other's sessions. Default: random ones of the server's. */
  ticketKeys?: Uint8Array
}

/** Whom a client trusts, who it is, and how it speaks TLS. Use one object for many connections: it is read once. */
export interface ClientTlsOptions extends TlsOptions {
  /** Certificates that the server's is signed with. Default: those that the system trusts. */
  ca?: Pem | readonly Pem[]
  /** The client's own certificate, for servers that ask for one. */
  cert?: Pem | readonly Pem[]
  key?: Key | readonly Key[]
  /** Ends the connection when the server's certificate is not signed by those, or not for it. Default true. */
  rejectUnauthorized?: boolean
  /**
   * Name or address that the server's certificate must be for, and that it is asked for: at most 255 ASCII characters, without
   * a leading dot; others are an ERR_INVALID_ARG_VALUE. As in Node, '' asks for none, and the URL's host is checked.
   * Default: the URL's host.
   */
  servername?: string
}
