// A peer that is only a TCP connection, as a client mostly, or as a server: what it sends and how it is cut up is all in the
// test's hands.

import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { onTestFinished } from 'vitest'
import { decodeFrame, encodeFrame, encodeMessage, type Frame, type FrameSpec, frameSize } from './frames.js'
import { transport } from './transport.js'

export interface Head {
  statusLine: string
  status: number
  /** By lower-case name; fields that came several times are joined with ', '. */
  headers: Record<string, string>
  raw: string
}

export interface HttpResponse extends Head {
  body: string
}

export interface RequestSpec {
  method?: string
  target?: string
  version?: string
  key?: string
  /** Added to, or with the same name in place of, what a good request has; undefined leaves a field out. */
  headers?: Record<string, string | undefined>
}

export const sampleKey = 'dGhlIHNhbXBsZSBub25jZQ=='
export const sampleAccept = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=' // RFC 6455 §1.3

export function acceptFor(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
}

export function upgradeRequest(spec: RequestSpec = {}): string {
  const { method = 'GET', target = '/', version = 'HTTP/1.1', key = sampleKey } = spec
  const headers: Record<string, string | undefined> = {
    Host: '127.0.0.1',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': key,
    ...spec.headers,
  }
  const lines = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]))
  return [`${method} ${target} ${version}`, ...lines, '', ''].join('\r\n')
}

/** The response to an opening request. */
export function acceptance(key: string, moreLines = ''): string {
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
  return [...lines, `Sec-WebSocket-Accept: ${acceptFor(key)}`, `${moreLines}\r\n`].join('\r\n')
}

export class RawClient {
  /** Whether the frames that come must be masked: a client's are. */
  #readsMasked = false
  #bytes = Buffer.alloc(0)
  #chunks: Buffer[] = []
  #ended = false
  #changed: (() => void) | undefined
  /** The code of the error that ended the connection. */
  error: string | undefined
  /** What a server said that accepted us. */
  acceptance: Head | undefined

  private constructor(
    readonly socket: Socket,
    private readonly tcp: Socket,
  ) {
    socket.on('data', (chunk) => {
      this.#chunks.push(chunk)
      this.#changed?.()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.error = error.code
    })
    for (const event of ['end', 'close'] as const) {
      socket.on(event, () => {
        this.#ended = true
        this.#changed?.()
      })
    }
    onTestFinished(() => void socket.destroy())
  }

  static async connect(port: number, host = '127.0.0.1', { client: tls } = transport): Promise<RawClient> {
    // Half-open connections are allowed: that the server ends its side does not end ours.
    const tcp = connect({ port, host, allowHalfOpen: true })
    tcp.setNoDelay(true)
    const socket = tls ? connectTls({ socket: tcp, servername: 'localhost', ...tls }) : tcp
    const client = new RawClient(socket, tcp)
    await once(socket, tls ? 'secureConnect' : 'connect')
    return client
  }

  /** Connects and makes a good opening handshake. */
  static async open(port: number, spec: RequestSpec = {}, over = transport): Promise<RawClient> {
    const client = await RawClient.connect(port, '127.0.0.1', over)
    const key = spec.key ?? randomBytes(16).toString('base64')
    client.write(upgradeRequest({ ...spec, key }))
    const head = await client.readHead()
    if (head.status !== 101 || head.headers['sec-websocket-accept'] !== acceptFor(key)) {
      throw new Error(`the handshake failed: ${head.raw}`)
    }
    client.acceptance = head
    return client
  }

  /** A connection that a server of the test's has accepted. */
  static accepted(socket: Socket): RawClient {
    const peer = new RawClient(socket, socket)
    peer.#readsMasked = true
    return peer
  }

  /** Answers a client's opening request, as a server does. @returns its head */
  async acceptUpgrade(moreLines = ''): Promise<string> {
    const request = await this.readRequest()
    const key = /^Sec-WebSocket-Key: (.*)\r$/m.exec(request)?.[1] as string
    this.write(acceptance(key, moreLines))
    return request
  }

  async readRequest(): Promise<string> {
    for (;;) {
      const end = this.#gather().indexOf('\r\n\r\n')
      if (end >= 0) return this.#take(end + 4).toString('latin1')
      await this.#more('a request head')
    }
  }

  write(bytes: string | Uint8Array): void {
    this.socket.write(bytes)
  }

  /** Writes one byte at a time, each in a segment of its own. */
  async writeByteByByte(bytes: string | Uint8Array): Promise<void> {
    for (const byte of Buffer.from(bytes)) {
      this.socket.write(Buffer.from([byte]))
      await new Promise(setImmediate)
    }
  }

  send(data: string | Uint8Array): void {
    this.write(encodeMessage(data))
  }

  sendFrame(spec: FrameSpec): void {
    this.write(encodeFrame(spec))
  }

  end(): void {
    this.socket.end()
  }

  /** Behind the back of TLS. */
  endTcp(): void {
    this.tcp.end()
  }
  writeTcp(bytes: Uint8Array): void {
    this.tcp.write(bytes)
  }

  reset(): void {
    this.tcp.resetAndDestroy()
  }

  async readHead(): Promise<Head> {
    for (;;) {
      const end = this.#gather().indexOf('\r\n\r\n')
      if (end >= 0) return parseHead(this.#take(end + 4).toString('latin1'))
      await this.#more('a response head')
    }
  }

  /** A response and the end of the connection behind it. @throws when its length is not what it says */
  async readResponse(): Promise<HttpResponse> {
    const head = await this.readHead()
    const body = await this.readToEnd()
    if (head.headers['content-length'] !== undefined && Number(head.headers['content-length']) !== body.length) {
      throw new Error(`a body of ${body.length} bytes came with ${head.raw}`)
    }
    return { ...head, body: body.toString() }
  }

  async readFrame(): Promise<Frame> {
    for (;;) {
      const size = frameSize(this.#gather())
      if (size !== undefined) {
        while (this.unread < size) await this.#more('a frame')
        const frame = decodeFrame(this.#take(size))
        if (frame.masked !== this.#readsMasked) throw new Error('a client must mask, and a server must not')
        return frame
      }
      await this.#more('a frame')
    }
  }

  async readFrames(count: number): Promise<Frame[]> {
    const frames: Frame[] = []
    while (frames.length < count) frames.push(await this.readFrame())
    return frames
  }

  /** How many bytes have come that nobody has read. */
  get unread(): number {
    return this.#bytes.length + this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  }

  /** Whether the server has ended its side. */
  get ended(): boolean {
    return this.#ended
  }

  /** Everything up to the server's end of the connection. */
  async readToEnd(): Promise<Buffer> {
    while (!this.#ended) await new Promise<void>((resolve) => (this.#changed = resolve))
    return this.#take(this.#gather().length)
  }

  async #more(what: string): Promise<void> {
    if (this.#ended) {
      const rest = this.#gather()
      throw new Error(`the connection ended where ${what} was expected (${this.error ?? 'no error'}), behind ${rest}`)
    }
    await new Promise<void>((resolve) => (this.#changed = resolve))
  }

  #gather(): Buffer {
    if (this.#chunks.length > 0) this.#bytes = Buffer.concat([this.#bytes, ...this.#chunks.splice(0)])
    return this.#bytes
  }

  #take(size: number): Buffer {
    const bytes = this.#gather()
    this.#bytes = bytes.subarray(size)
    return bytes.subarray(0, size)
  }
}

function parseHead(raw: string): Head {
  const [statusLine, ...lines] = raw.slice(0, -4).split('\r\n') as [string, ...string[]]
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const [, name, value] = /^([^:\s]+): (.*)$/.exec(line) as unknown as [string, string, string]
    const field = name.toLowerCase()
    headers[field] = field in headers ? `${headers[field]}, ${value}` : value
  }
  return { statusLine, status: Number(statusLine.split(' ')[1]), headers, raw }
}
