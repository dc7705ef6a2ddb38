// Which transport tests use that are played over both: vitest's project `tls` sets the variable.

import type { SecureContextOptions } from 'ntyws'

export interface Transport {
  scheme: 'ws' | 'wss'
  /** For a server. */
  server: { tls?: SecureContextOptions }
  /** For a client of Node's or of ws; undefined without TLS. */
  client: { ca: string } | undefined
}

export const plain: Transport = { scheme: 'ws', server: {}, client: undefined }

export async function tls(): Promise<Transport> {
  const { testCa, testIdentity } = await import('./certificates.js') // nothing that a plain test waits for
  const { cert, key } = testIdentity
  return { scheme: 'wss', server: { tls: { cert, key } }, client: { ca: testCa.cert } }
}

export const transport = process.env.NTYWS_TEST_TLS === '1' ? await tls() : plain
