// What the types of connect and ReconnectingSocket take and refuse. Nothing here is run.

import {
  type ConnectError,
  type ConnectOptions,
  connect,
  ReconnectingSocket,
  type ReconnectOptions,
  type Socket,
  serve,
} from 'ntyws'

// --- connect ---
export async function useConnect(): Promise<void> {
  const plain: Socket<undefined> = await connect('ws://localhost')
  const typed: Socket<{ id: number }> = await connect('wss://localhost', { data: { id: 1 } })
  const named = await connect<{ id: number }>(new URL('ws://localhost'), {
    data: { id: 1 },
    open: (socket) => socket.data.id + 1,
    message(socket, data, isBinary) {
      const id: number = socket.data.id
      const text: string = isBinary ? '' : String(data)
      void [id, text]
    },
    ping: (_, data) => data.length,
    close: (_, code, reason) => `${code}${reason}`,
    error: (_, error) => error.code,
    drain() {},
    protocols: ['a', 'b'],
    headers: { 'X-One': '1', 'X-Two': ['1', '2'] },
    origin: 'https://example.com',
    tls: { ca: 'ca.pem', cert: ['a.pem'], key: [Buffer.alloc(1)], servername: 'x', rejectUnauthorized: true },
    handshakeTimeout: 1,
    maxPayload: 1,
    outboundPolicy: 'close',
    perMessageDeflate: { threshold: 0 },
    signal: new AbortController().signal,
    localAddress: '127.0.0.1',
    followRedirects: true,
    maxRedirects: 3,
    proxy: 'env',
  })
  const same: typeof typed = named
  plain.ref().unref().send('x')
  same.data = { id: 2 }
  await connect('ws://localhost', { protocols: 'one', proxy: new URL('http://proxy') })

  // @ts-expect-error it is a promise until then
  connect('ws://localhost').send('x')
  // @ts-expect-error data of a wrong type
  connect<{ id: number }>('ws://localhost', { data: { id: 'x' } })
  // @ts-expect-error a server's option
  connect('ws://localhost', { port: 1 })
  // @ts-expect-error a server's handler
  connect('ws://localhost', { upgrade: () => true })
  // @ts-expect-error a URL is needed
  connect({ message() {} })
  // @ts-expect-error a policy is one of three
  connect('ws://localhost', { outboundPolicy: 'wait' })
  // @ts-expect-error a handler is a function
  connect('ws://localhost', { message: true })
  // @ts-expect-error a boolean, or options
  connect('ws://localhost', { perMessageDeflate: 15 })
}

export function describeError(error: ConnectError): string {
  const parts: (string | number | undefined)[] = [error.code, error.url, error.address, error.port, error.status]
  const body: string | undefined = error.body?.toString()
  const location: string | undefined = error.headers?.location
  for (const each of error.errors ?? []) parts.push(each.code)
  // @ts-expect-error
  const port: string = error.port
  return [...parts, body, location, port].join()
}

// One set of handlers for many connections.
const handlers: ConnectOptions<number> = { data: 1, message: (socket) => socket.data.toFixed() }
export const many = ['a', 'b'].map((host) => connect(`ws://${host}`, handlers))

// --- Unix sockets ---
serve({ path: '/run/a.sock' })
serve<number>({ path: '/run/a.sock', upgrade: () => ({ data: 1 }), message: (socket) => socket.data.toFixed() })
// @ts-expect-error a port or a path
serve({ path: '/run/a.sock', port: 1 })
// @ts-expect-error one of them
serve({ message() {} })

// --- ReconnectingSocket ---
export function useReconnecting(): void {
  const options: ReconnectOptions<number> = {
    data: 1,
    minDelay: 1,
    maxQueue: 10,
    perMessageDeflate: true,
    retry: ({ code, error }) => code !== 4000 && error?.status !== 401,
    stateChange: (state) => state === 'waiting',
    connectError: (error) => error.url,
  }
  const link = new ReconnectingSocket(async () => 'ws://localhost', options)
  const result: 'sent' | 'queued' | 'refused' = link.send('x', { binary: true })
  const data: number | undefined = link.socket?.data
  const numbers: (number | undefined)[] = [link.attempts, link.queued, link.retryAt, link.close(1000, 'bye')]
  void [result, data, numbers]
  // @ts-expect-error
  link.state = 'open'
  // @ts-expect-error there is nothing to wait for
  link.send('x', { fin: false })
  // @ts-expect-error retry says whether
  new ReconnectingSocket('ws://localhost', { retry: () => 'yes' })
}
