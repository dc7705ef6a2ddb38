// A server in a process of its own, where faults cannot hide: its descriptors, timers and memory are all its own, and so
// is its end.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished } from 'vitest'
import { RawClient } from './raw-client.js'
import { type Transport, transport } from './transport.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const script = fileURLToPath(new URL('fault-server.mjs', import.meta.url))

export interface ServerState {
  /** How many `open` and `close` handlers have run. */
  opened: number
  closed: number
  /** The messages of errors that nobody caught. */
  uncaught: string[]
  /** What its options had to say. */
  notes: unknown[]
  connections: number
  descriptors: number
  timers: number
  /** Resident bytes. */
  memory: number
  messagesSent: number
}

export interface FaultServerSettings {
  nodeArguments?: string[]
  /** A library that comes between the server and the system. */
  preload?: string
  environment?: Record<string, string>
  /** How many files it may open. */
  descriptors?: number
  /** What its clients speak. */
  over?: Transport
}

/** What a fault may leave behind. */
export interface Aftermath {
  /** Those who are still connected. */
  remaining?: RawClient[]
  /** The messages of errors that nobody caught. */
  uncaught?: string[]
}

export class FaultServer {
  #stderr = ''
  /** What was held when nobody was connected. */
  #calm!: ServerState

  private constructor(
    readonly process: ChildProcess,
    readonly ports: number[],
    readonly exit: Promise<[number | null, NodeJS.Signals | null]>,
    readonly over: Transport,
  ) {
    process.stderr?.setEncoding('utf8').on('data', (text) => {
      this.#stderr += text
    })
  }

  /** `options` is the source of an object literal. */
  static async start(options = '{}', settings: FaultServerSettings = {}): Promise<FaultServer> {
    const { nodeArguments = [], preload, environment, descriptors = 1000, over = transport } = settings
    const preloads = [process.env.LD_PRELOAD, preload].filter(Boolean).join(' ')
    const command = `ulimit -n ${descriptors}; exec "$@"`
    const node = [process.execPath, ...nodeArguments, script, `export default ${options}`]
    const child = spawn('sh', ['-c', command, 'sh', ...node], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
      env: { ...process.env, ...environment, LD_PRELOAD: preloads },
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    const exit = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
    const [ports] = (await once(child, 'message')) as [number[]]
    const server = new FaultServer(child, ports, exit, over)
    await server.#echo() // what is made once, at the first connection, is no leak
    await expect.poll(async () => (await server.state()).connections).toBe(0)
    server.#calm = await server.state()
    return server
  }

  get port(): number {
    return this.ports[0] as number
  }

  get calm(): ServerState {
    return this.#calm
  }

  async state(): Promise<ServerState> {
    this.process.send('state')
    const [state] = await once(this.process, 'message')
    return state
  }

  /**
   * It still serves old connections and new ones, and nothing is left of those who have gone: no connection, descriptor
   * or timer.
   */
  async expectRecovery({ remaining = [], uncaught = [] }: Aftermath = {}): Promise<void> {
    await this.#echo()
    for (const client of remaining) await expectEcho(client)
    const connections = remaining.length
    const descriptors = this.#calm.descriptors + connections
    const calm = { connections, descriptors, timers: this.#calm.timers, uncaught }
    await expect.poll(() => this.state(), { timeout: 10_000, interval: 5 }).toMatchObject(calm)
    const { opened, closed } = await this.state()
    expect(opened - closed).toBe(connections)
  }

  /** Closing it leaves nothing that keeps its process going, nor a word on stderr. */
  async expectEnd(): Promise<void> {
    this.process.send('close')
    await this.expectExit(0)
  }

  /** Its process ends by itself. */
  async expectExit(code: number): Promise<void> {
    expect([await this.exit, this.#stderr]).toEqual([[code, null], ''])
  }

  connect(): Promise<RawClient> {
    return RawClient.open(this.port, {}, this.over)
  }

  async #echo(): Promise<void> {
    const client = await this.connect()
    await expectEcho(client)
    client.socket.destroy()
  }
}

async function expectEcho(client: RawClient): Promise<void> {
  client.send('still there?')
  expect((await client.readFrame()).payload.toString()).toBe('still there?')
}
