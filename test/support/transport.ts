// Which transport tests use that are played over both: vitest's project `tls` sets the variable.

import type { SecureContextOptions } from 'ntyws'
import { testCa, testIdentity } from './certificates.js'

export interface Transport {
  scheme: 'ws' | 'wss'
  /** For a server. */
  server: { tls?: SecureContextOptions }
  /** For a client of Node's or of ws; undefined without TLS. */
  client: { ca: string } | undefined
}

export const plain: Transport = { scheme: 'ws', server: {}, client: undefined }

export function tls(): Transport {
  const { cert, key } = testIdentity()
  return { scheme: 'wss', server: { tls: { cert, key } }, client: { ca: testCa().cert } }
}

export const transport = process.env.NTYWS_TEST_TLS === '1' ? tls() : plain
