// TLS clients of Node's, for what tests want to know of TLS itself.

import { once } from 'node:events'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { onTestFinished } from 'vitest'
import { testCa } from './certificates.js'

export interface TlsClient {
  socket: TLSSocket
  /** The newest session that the server gave. */
  session: Buffer | undefined
}

/** A client that trusts the test CA, once its handshake is done. @throws what ends it before */
export async function openTls(port: number, options: ConnectionOptions = {}): Promise<TlsClient> {
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: testCa.cert, ...options })
  const client: TlsClient = { socket, session: undefined }
  socket.on('session', (session) => {
    client.session = session
  })
  onTestFinished(() => void socket.destroy())
  await once(socket, 'secureConnect')
  socket.on('error', () => {})
  return client
}

/** The code of the error that keeps a client from connecting, or the first that it gets right after. */
export async function refusalOf(port: number, options: ConnectionOptions): Promise<string> {
  try {
    const { socket } = await openTls(port, options)
    // In TLS 1.3 the client is done before the server has looked at its certificate.
    const [error] = await Promise.race([
      once(socket.resume(), 'end').then(() => [{ code: 'ended' }]),
      onceError(socket),
    ])
    return error.code
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  }
}

const onceError = (socket: TLSSocket) =>
  new Promise<[{ code: string }]>((resolve) => socket.once('error', (error) => resolve([error as never])))
