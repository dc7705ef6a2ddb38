// What serve() must accept and refuse at compile time. `tsc -p test/types` checks it; nothing here runs.

import {
  type Accept,
  type Handlers,
  type ListenError,
  type PerMessageDeflateOptions,
  type PortSpec,
  type Request,
  type Response,
  type ServeOptions,
  type Server,
  type ServerStats,
  serve,
  serveWorkers,
  type UpgradeResult,
} from 'ntyws'

// --- Ports ---
serve({ port: 8888 })
serve({ port: '8888-8987' })
serve({ port: [1, '2-3', '4,5'] })
serve({ port: [8888, 8889] as const })
const ports: PortSpec = '8888'

// @ts-expect-error a port is needed
serve({})
// @ts-expect-error no boolean
serve({ port: true })
// @ts-expect-error no null
serve({ port: null })
// @ts-expect-error no object
serve({ port: { from: 1, to: 2 } })
// @ts-expect-error no nested arrays
serve({ port: [[1, 2]] })
// @ts-expect-error no bigint
serve({ port: 8888n })
// @ts-expect-error the options are not optional
serve()
// @ts-expect-error a port alone are no options
serve(8888)

// --- Options ---
serve({
  port: 0,
  host: '::1',
  backlog: 1,
  maxPayload: 1,
  maxFragments: 1,
  maxMessagesPerSecond: 1,
  maxBytesPerSecond: 1,
  binaryType: 'view',
  highWaterMark: 1,
  handshakeTimeout: 1,
  upgradeTimeout: 0,
  ipv6PrefixLength: 56,
  origins: ['https://a.example'],
  closeTimeout: 1,
  signal: new AbortController().signal,
})
// @ts-expect-error
serve({ port: 0, host: 127 })
// @ts-expect-error
serve({ port: 0, backlog: '511' })
// @ts-expect-error
serve({ port: 0, maxPayload: '16mb' })
// @ts-expect-error
serve({ port: 0, maxFragments: true })
// @ts-expect-error
serve({ port: 0, maxMessagesPerSecond: '10/s' })
// @ts-expect-error
serve({ port: 0, maxBytesPerSecond: '1mb' })
// @ts-expect-error
serve({ port: 0, binaryType: 'arraybuffer' })
// @ts-expect-error
serve({ port: 0, highWaterMark: 1n })

// --- Compression ---
serve({ port: 0, perMessageDeflate: true })
serve({ port: 0, perMessageDeflate: false })
serve({ port: 0, perMessageDeflate: {} })
const deflate: PerMessageDeflateOptions = {
  threshold: 0,
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  serverMaxWindowBits: 8,
  clientMaxWindowBits: 15,
  zlibDeflateOptions: { level: 9, memLevel: 1 },
}
serve({ port: 0, perMessageDeflate: deflate })
serveWorkers('./handler.js', { perMessageDeflate: deflate })
// @ts-expect-error
serve({ port: 0, perMessageDeflate: 'on' })
// @ts-expect-error
serve({ port: 0, perMessageDeflate: null })
// @ts-expect-error
serve({ port: 0, perMessageDeflate: { threshold: '1kb' } })
// @ts-expect-error
serve({ port: 0, perMessageDeflate: { serverNoContextTakeover: 1 } })
// @ts-expect-error that it may be told is not for us to say
serve({ port: 0, perMessageDeflate: { clientMaxWindowBits: true } })
// @ts-expect-error
serve({ port: 0, perMessageDeflate: { zlibDeflateOptions: 9 } })
// @ts-expect-error an option of zlib's that we do not have
serve({ port: 0, perMessageDeflate: { zlibDeflateOptions: { chunkSize: 1024 } } })
// @ts-expect-error an option of ws that we do not have
serve({ port: 0, perMessageDeflate: { concurrencyLimit: 10 } })

// --- More options ---
// @ts-expect-error
serve({ port: 0, handshakeTimeout: '10s' })
// @ts-expect-error
serve({ port: 0, upgradeTimeout: '10s' })
// @ts-expect-error
serve({ port: 0, ipv6PrefixLength: '/64' })
serve({ port: 0, origins: (origin) => origin.endsWith('.a.example') })
// @ts-expect-error
serve({ port: 0, origins: 'https://a.example' })
// @ts-expect-error patterns are none
serve({ port: 0, origins: [/a.example/] })
// @ts-expect-error the answer cannot be waited for
serve({ port: 0, origins: async (origin) => origin !== 'null' })
// @ts-expect-error
serve({ port: 0, closeTimeout: true })
// @ts-expect-error a controller is no signal
serve({ port: 0, signal: new AbortController() })
// @ts-expect-error a misspelt option
serve({ port: 0, maxPayLoad: 1 })
// @ts-expect-error undefined is not the same as left out
serve({ port: 0, host: undefined })

// --- Handlers ---
serve({
  port: 0,
  open(socket) {
    socket.send('hello')
  },
  message(socket, data, isBinary) {
    const text: string | Buffer = data
    const binary: boolean = isBinary
    socket.send(data)
  },
  ping(_, data) {
    const bytes: Buffer = data
  },
  pong(_, data) {
    const bytes: Buffer = data
  },
  drain(socket) {
    socket.resume()
  },
  error(_, error) {
    const code: string = error.code
    const message: string = error.message
  },
  close(_, code, reason) {
    const number: number = code
    const text: string = reason
  },
})
// A handler may take fewer arguments, be async, and be an arrow function that returns something.
serve({ port: 0, message: async (socket) => void socket.send('x') })
serve({ port: 0, message: (socket, data) => socket.send(data) })
// @ts-expect-error no such argument
serve({ port: 0, message(socket, data, isBinary, more) {} })
serve({
  port: 0,
  message(_, data) {
    // @ts-expect-error it may be a string
    const bytes: Buffer = data
    // @ts-expect-error it may be a Buffer
    const text: string = data
  },
})
// @ts-expect-error a handler is a function
serve({ port: 0, open: true })
// @ts-expect-error an event that there is not
serve({ port: 0, connection() {} })

// --- upgrade ---
serve({ port: 0, upgrade: () => true })
serve({ port: 0, upgrade: () => false })
serve({ port: 0, upgrade() {} })
serve({ port: 0, upgrade: async () => {} })
serve({ port: 0, upgrade: async () => false })
serve({ port: 0, upgrade: () => ({ protocol: 'chat', headers: { a: 'b', c: ['d', 'e'] } }) })
serve({ port: 0, upgrade: () => ({ status: 401, headers: { a: 'b' }, body: 'no' }) })
serve({ port: 0, upgrade: async () => ({ status: 401, body: new Uint8Array(1) }) })
serve({ port: 0, upgrade: (request) => request.path === '/' || { status: 404 } })
serve({ port: 0, upgrade: (request) => (request.path === '/' ? { protocol: 'a' } : { status: 404 }) })
serve({ port: 0, upgrade: (request) => (request.path === '/' ? {} : { status: 404 }) })
serve<number>({ port: 0, upgrade: (request) => (request.path === '/' ? { data: 7 } : { status: 404, body: 'x' }) })
serve<number>({
  port: 0,
  async upgrade(request) {
    if (request.path !== '/') return { status: 404 }
    if (request.headers.origin === undefined) return false
    return { data: 7, headers: { a: 'b' } }
  },
})
serve<{ name: string }>({ port: 0, upgrade: (request) => ({ data: { name: request.url } }) })
serve<{ name: string }>({ port: 0, upgrade: async () => ({ data: { name: 'x' } }) })

// @ts-expect-error a number is no answer
serve({ port: 0, upgrade: () => 401 })
// @ts-expect-error nor is a string
serve({ port: 0, upgrade: () => 'chat' })
// @ts-expect-error nor is null
serve({ port: 0, upgrade: () => null })
// @ts-expect-error a promise of a number neither
serve({ port: 0, upgrade: async () => 401 })
// @ts-expect-error a status is a number
serve({ port: 0, upgrade: () => ({ status: '401' }) })
// @ts-expect-error a header value is a string
serve({ port: 0, upgrade: () => ({ headers: { 'x-count': 1 } }) })
// @ts-expect-error a protocol is a string
serve({ port: 0, upgrade: () => ({ protocol: ['chat'] }) })
// @ts-expect-error data of a wrong type
serve<{ name: string }>({ port: 0, upgrade: () => ({ data: { name: 7 } }) })
// @ts-expect-error a body is text or bytes
serve({ port: 0, upgrade: () => ({ status: 200, body: { json: true } }) })

// --- handleProtocols and request ---
serve({ port: 0, handleProtocols: (protocols) => (protocols.has('chat') ? 'chat' : false) })
serve({ port: 0, handleProtocols: (protocols, request) => request.path })
serve({ port: 0, request: () => ({ status: 200 }) })
serve({ port: 0, request: async (request) => ({ status: 200, body: request.url }) })
// @ts-expect-error true is no protocol
serve({ port: 0, handleProtocols: () => true })
// @ts-expect-error it must choose at once
serve({ port: 0, handleProtocols: async () => 'chat' })
// @ts-expect-error a request needs an answer
serve({ port: 0, request() {} })
// @ts-expect-error a response has a status
serve({ port: 0, request: () => ({ body: 'x' }) })

// --- tlsError ---
serve({ port: 0, tlsError: (error, client) => console.log(error.code, client.remoteAddress, client.localPort) })
// @ts-expect-error there is no socket
serve({ port: 0, tlsError: (error, client) => client.close() })

export function readRequest(request: Request): void {
  const strings: string[] = [request.method, request.url, request.path, request.remoteAddress]
  const numbers: number[] = [request.remotePort, request.localPort]
  const one: string | null = request.query.get('x')
  const header: string | undefined = request.headers.cookie
  const first: string | undefined = request.protocols[0]
  const aborted: boolean = request.signal.aborted
  // @ts-expect-error
  request.url = '/'
  // @ts-expect-error
  request.headers.cookie = 'x'
  // @ts-expect-error
  request.protocols.push('x')
  // @ts-expect-error
  request.remotePort = 1
}

// --- What serve gives ---
export async function useServer(): Promise<void> {
  const server: Server = await serve({ port: 0 })
  const all: readonly number[] = server.ports
  const host: string = server.host
  const open: number = server.connections
  const stats: ServerStats = server.stats()
  const sums: number = stats.accepted + stats.refused + stats.messagesReceived + stats.messagesSent
  const bytes: number = stats.bytesReceived + stats.bytesSent + stats.connections
  const closed: Promise<void> = server.close()
  server.ref().unref().ref()
  await using disposable = server

  // @ts-expect-error it is a promise until then
  serve({ port: 0 }).close()
  // @ts-expect-error
  server.ports = [1]
  // @ts-expect-error
  server.ports.push(1)
  // @ts-expect-error
  server.ports[0] = 1
  // @ts-expect-error
  server.host = 'x'
  // @ts-expect-error
  server.connections = 0
  // @ts-expect-error a method
  server.stats.accepted
  // @ts-expect-error close takes nothing
  server.close(1000)
}

export function describeError(error: ListenError): string {
  const numbers: number[] = [error.errno, error.port, ...error.ports]
  const syscall: 'listen' = error.syscall
  // @ts-expect-error
  const port: string = error.port
  return `${error.code} ${error.address} ${error.message}`
}

// The types can be named, for handlers that are written apart.
export const handlers: Handlers<{ id: number }> = { open: (socket) => void socket.data.id }
export const options: ServeOptions<{ id: number }> = { port: 0, ...handlers }
export const accept: Accept<number> = { data: 1 }
export const response: Response = { status: 200 }
export const result: UpgradeResult<number> = { data: 1 }
// @ts-expect-error
export const wrongAccept: Accept<number> = { data: 'x' }
// @ts-expect-error
export const wrongResponse: Response = { headers: {} }
// @ts-expect-error handlers for one kind of data do not do for another
export const mixed: ServeOptions<string> = { port: 0, ...handlers }

// --- Workers ---
const sum: Promise<Server> = serveWorkers('./handler.js', { workers: 2, port: '8888-8987', reusePort: true })
serveWorkers(new URL('file:///handler.ts'))
serveWorkers('./handler.js', {
  workerExit({ worker, exitCode, error, restartDelay }) {
    const numbers: number[] = [worker, exitCode, restartDelay]
    const reason: Error | undefined = error
    void [numbers, reason]
  },
})
void sum
// @ts-expect-error handlers belong in the module
serveWorkers('./handler.js', { message() {} })
// @ts-expect-error so does upgrade
serveWorkers('./handler.js', { upgrade: () => true })
// @ts-expect-error a module is needed
serveWorkers({ workers: 2, port: 0 })
// @ts-expect-error serve has no workers
serve({ port: 0, workers: 2 })
