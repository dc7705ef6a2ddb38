// serveWorkers(): threads that share ports, how they are kept going, and how they end.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
// As built: the workers are threads of their own, which need JavaScript.
import { type Server, serve, serveWorkers, type WorkerExit, type WorkersOptions } from '../../dist/index.js'
import { runChild } from '../support/child.js'
import { DeflateClient } from '../support/deflate-client.js'
import { Queue } from '../support/queue.js'
import { WsClient } from '../support/ws-client.js'

const handler = new URL('../support/workers/handler.mjs', import.meta.url)

interface Started {
  server: Server
  url: string
  port: number
  exits: Queue<WorkerExit>
}

async function start(options: WorkersOptions = {}, module: URL | string = handler): Promise<Started> {
  const exits = new Queue<WorkerExit>()
  const server = await serveWorkers(module, { workers: 2, workerExit: (exit) => exits.push(exit), ...options })
  onTestFinished(() => server.close())
  const port = server.ports[0] as number
  return { server, port, url: `ws://127.0.0.1:${port}`, exits }
}

async function who(client: WsClient): Promise<string> {
  client.send('who')
  return String(await client.next())
}

/** A client of every worker: the kernel chooses, so it takes a few more. */
async function openAtEach(url: string, workers: number): Promise<WsClient[]> {
  const byThread = new Map<string, WsClient>()
  while (byThread.size < workers) {
    const client = await WsClient.open(url)
    byThread.set(await who(client), client)
  }
  return [...byThread.values()]
}

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ntyws-workers-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})
function moduleFile(name: string, source: string): string {
  const path = join(folder, name)
  writeFileSync(path, source)
  return path
}

describe('serving', () => {
  test('all workers serve all ports, and get their part of the connections', async () => {
    const { server } = await start({ workers: 3, port: '0,0' })
    expect(new Set(server.ports).size).toBe(2)
    expect(server.host).toBe('127.0.0.1')
    for (const port of server.ports) await openAtEach(`ws://127.0.0.1:${port}`, 3)
  })

  test('stats sums them', async () => {
    const { server, url } = await start()
    const clients = await openAtEach(url, 2)
    const before = await vi.waitUntil(() => server.stats().messagesReceived >= 2 && server.stats())
    expect(before.connections).toBe(before.accepted)
    for (const client of clients) {
      client.send('12345')
      await client.next()
    }
    await vi.waitFor(() => {
      const { messagesReceived, messagesSent, bytesReceived, bytesSent } = server.stats()
      expect(messagesReceived).toBe(before.messagesReceived + 2)
      expect(messagesSent).toBe(before.messagesSent + 2)
      expect(bytesReceived).toBe(before.bytesReceived + 2 * 11)
      expect(bytesSent).toBe(before.bytesSent + 2 * 7)
    })
    const [first] = clients as [WsClient]
    first.socket.close()
    await vi.waitFor(() => expect(server.connections).toBe(before.connections - 1))
    expect(server.stats()).toMatchObject({ accepted: before.accepted, refused: 0, messagesDropped: 0 })
  })

  test('all compress where it is asked for', async () => {
    const { server } = await start({ perMessageDeflate: { threshold: 0 } })
    for (let i = 0; i < 8; i++) {
      const client = await DeflateClient.open(server.ports[0] as number)
      client.send('who '.repeat(1000))
      expect(await client.read()).toMatchObject({ data: 'who '.repeat(1000), isCompressed: true })
    }
  })

  test('options win over those of the module, which are there where none is given', async () => {
    const { url } = await start({ maxPayload: 10, port: undefined as never })
    const client = await WsClient.open(url)
    client.send('12345678901')
    expect((await client.closed).code).toBe(1009)
  })

  test('all refuse pages of other origins: by a list, or by a function of the module', async () => {
    const file = moduleFile(
      'origins.mjs',
      "export const open = () => {}, origins = (origin) => origin === 'https://b.example'",
    )
    for (const [options, module, ours] of [
      [{ origins: ['https://a.example'] }, handler, 'https://a.example'],
      [{}, file, 'https://b.example'],
    ] as const) {
      const { url } = await start({ port: 0, host: '127.0.0.1', ...options }, module)
      for (let i = 0; i < 4; i++) {
        await WsClient.open(url, [], { origin: ours })
        await expect(WsClient.open(url, [], { origin: 'https://evil.example' })).rejects.toThrow('403')
      }
    }
  })

  test('a module can be TypeScript, and named by its path', async () => {
    const file = moduleFile(
      'typed.ts',
      'export const message = (socket: { send(data: string): void }, data: string): void => socket.send(data + data)',
    )
    const { url } = await start({ port: 0, host: '127.0.0.1' }, file)
    const client = await WsClient.open(url)
    client.send('x')
    expect(await client.next()).toBe('xx')
  })
})

describe('a worker that dies', () => {
  test('is replaced; the others and the sums stay', async () => {
    const { server, url, exits } = await start()
    const [victim, other] = (await openAtEach(url, 2)) as [WsClient, WsClient]
    const witness = await who(other)
    await vi.waitUntil(() => server.stats().messagesReceived >= 3)
    const { accepted } = server.stats()
    victim.send('exit')
    expect((await victim.closed).code).toBe(1006)
    expect(await exits.next()).toEqual({ worker: expect.any(Number), exitCode: 7, restartDelay: 0 })
    expect(await who(other)).toBe(witness)
    await openAtEach(url, 2)
    await vi.waitFor(() => expect(server.stats().accepted).toBeGreaterThanOrEqual(accepted + 1))
    await vi.waitFor(() => expect(server.connections).toBeLessThan(server.stats().accepted))
  })

  test('of what it did not catch: that is told', async () => {
    const { url, exits } = await start({ workers: 1 })
    const client = await WsClient.open(url)
    client.send('throw')
    const { exitCode, error } = await exits.next()
    expect(exitCode).toBe(1)
    expect(error).toMatchObject({ name: 'RangeError', message: 'thrown in a handler' })
  })

  test('loses nobody who connects meanwhile', async () => {
    const { url, exits } = await start({ workers: 1 })
    const client = await WsClient.open(url)
    const thread = await who(client)
    client.send('exit')
    await client.closed
    const later = await Promise.all(Array.from({ length: 20 }, () => WsClient.open(url)))
    for (const each of later) expect(await who(each)).not.toBe(thread)
    expect(exits.size).toBe(1)
  })

  test('under load, time and again, is replaced each time', async () => {
    const { url, exits } = await start({ workers: 2 })
    let done = false
    const load = Array.from({ length: 10 }, async () => {
      let answers = 0
      while (!done) {
        const client = await WsClient.open(url).catch(() => undefined)
        if (!client) continue // it was accepted by the one that died
        while (!done) {
          client.send('who')
          const answer = await Promise.race([client.next(), client.closed.then(() => undefined)])
          if (answer === undefined) break
          answers++
        }
      }
      return answers
    })
    for (let i = 0; i < 3; i++) {
      const victim = await WsClient.open(url)
      victim.send('exit')
      expect(await exits.next()).toMatchObject({ exitCode: 7 })
    }
    await openAtEach(url, 2)
    done = true
    for (const answers of await Promise.all(load)) expect(answers).toBeGreaterThan(0)
  })

  test('at once, again and again, is replaced ever later', async () => {
    const { url, exits } = await start({ workers: 1 })
    const delays: number[] = []
    for (let i = 0; i < 4; i++) {
      const client = await WsClient.open(url)
      client.send('exit')
      delays.push((await exits.next()).restartDelay)
    }
    expect(delays).toEqual([0, 100, 200, 400])
  })

  test('while its module cannot be loaded any more, is tried again until it can', async () => {
    const file = moduleFile('changing.mjs', 'export function message() { process.exit(7) }')
    const { url, exits } = await start({ workers: 1, port: 0, host: '127.0.0.1' }, file)
    const client = await WsClient.open(url)
    writeFileSync(file, "throw new Error('broken meanwhile')")
    client.send('x')
    expect(await exits.next()).toMatchObject({ exitCode: 7, restartDelay: 0 })
    expect(await exits.next()).toMatchObject({ error: { message: 'broken meanwhile' }, restartDelay: 100 })
    writeFileSync(file, "export function message(socket) { socket.send('mended') }")
    const later = await WsClient.open(url)
    later.send('x')
    expect(await later.next()).toBe('mended')
  })

  test('is warned of when nobody is told', async () => {
    const { stderr, stdout } = await runChild(`
      import { serveWorkers } from 'ntyws'
      const server = await serveWorkers(new URL(${JSON.stringify(handler.href)}), { workers: 1 })
      const socket = await dial(server)
      socket.on('error', () => {}).send('throw')
      process.once('warning', async ({ name, message }) => {
        log(name, message)
        await server.close()
        log('closed')
      })
    `)
    expect(stdout).toBe(
      'NtywsWarning worker 1 died of RangeError: thrown in a handler; another takes its place now\nclosed\n',
    )
    expect(stderr).toMatch(/NtywsWarning: worker 1 died of .*\n.*thrown in a handler\n\s+at .*message /)
  })
})

describe('what cannot start', () => {
  test.each([
    ['none', undefined, { code: 'ERR_INVALID_HANDLER_MODULE', message: expect.stringContaining('none.mjs') }],
    ['empty', '', { code: 'ERR_INVALID_HANDLER_MODULE', message: expect.stringContaining('exports no handlers') }],
    ['throws', "throw new RangeError('mine')", { name: 'RangeError', message: 'mine' }],
    ['exits', 'process.exit(5)', { message: expect.stringContaining('exit code 5') }],
    [
      'no port',
      'export function open() {}',
      { code: 'ERR_INVALID_ARG_TYPE', message: expect.stringContaining('port') },
    ],
    ['bad option', 'export function open() {}\nexport const maxPayload = 0', { code: 'ERR_OUT_OF_RANGE' }],
  ])('a module: %s', async (name, source, expected) => {
    const file = join(folder, `${name}.mjs`)
    if (source !== undefined) writeFileSync(file, source)
    const exits: WorkerExit[] = []
    const workerExit = (exit: WorkerExit) => void exits.push(exit)
    await expect(serveWorkers(file, { workers: 2, workerExit })).rejects.toMatchObject(expected)
    expect(exits).toEqual([])
  })

  test('in a child: it ends, as nothing is left running', async () => {
    const { code, stdout } = await runChild(`
      import { serveWorkers } from 'ntyws'
      await serveWorkers('./no/such.mjs', { workers: 2, port: 0 }).catch((error) => log(error.code))
    `)
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'ERR_INVALID_HANDLER_MODULE\n' })
  })

  test.each<[unknown, WorkersOptions, string]>([
    [7, {}, 'ERR_INVALID_ARG_TYPE'],
    [new URL('https://example.org/handler.js'), {}, 'ERR_INVALID_ARG_TYPE'],
    [handler, null as never, 'ERR_INVALID_ARG_TYPE'],
    [handler, { workers: 0 }, 'ERR_OUT_OF_RANGE'],
    [handler, { workers: 1.5 }, 'ERR_OUT_OF_RANGE'],
    [handler, { workers: '2' as never }, 'ERR_INVALID_ARG_TYPE'],
    [handler, { message() {} } as never, 'ERR_INVALID_ARG_TYPE'],
    [handler, { origins: (() => true) as never }, 'ERR_INVALID_ARG_TYPE'],
    [handler, { origins: ['a.example'] }, 'ERR_INVALID_ARG_VALUE'],
    [handler, { workerExit: 'x' as never }, 'ERR_INVALID_ARG_TYPE'],
    [handler, { signal: {} as never }, 'ERR_INVALID_ARG_TYPE'],
    [handler, { port: 'x' }, 'ERR_INVALID_ARG_VALUE'],
  ])('%s with %s', async (module, options, code) => {
    await expect(serveWorkers(module as never, options)).rejects.toMatchObject({ code })
  })
})

describe('ports', () => {
  const local = { host: '127.0.0.1', closeTimeout: 300 }

  test('of workers are in use for everybody else', async () => {
    const { port } = await start()
    await expect(serve({ ...local, port })).rejects.toMatchObject({ code: 'EADDRINUSE', port })
    await expect(serveWorkers(handler, { workers: 2, port })).rejects.toMatchObject({ code: 'EADDRINUSE', port })
  })

  test.each([false, true])(
    'in use elsewhere (reusePort %s) are not shared, and none stays bound',
    async (reusePort) => {
      const other = await serve({ ...local, port: 0, reusePort })
      onTestFinished(() => other.close())
      const free = await serve({ ...local, port: 0 })
      const [port] = free.ports as [number]
      await free.close()
      const taken = other.ports[0] as number
      await expect(serveWorkers(handler, { workers: 2, port: [port, taken] })).rejects.toMatchObject({
        code: 'EADDRINUSE',
        ports: [taken],
      })
      await (await serve({ ...local, port })).close()
    },
  )

  test('are shared with other servers by reusePort', async () => {
    const { port } = await start({ reusePort: true })
    await start({ reusePort: true, port })
    await openAtEach(`ws://127.0.0.1:${port}`, 4)
  })
})

describe('the end', () => {
  test('closes all connections together with 1001, and frees the ports', async () => {
    const { server, port, url, exits } = await start()
    const clients = await openAtEach(url, 2)
    const closing = server.close()
    expect(server.close()).toBe(closing)
    for (const client of clients) expect((await client.closed).code).toBe(1001)
    await closing
    expect(server.connections).toBe(0)
    expect(server.stats().accepted).toBeGreaterThanOrEqual(2)
    expect(exits.size).toBe(0)
    await (await serve({ port, host: '127.0.0.1' })).close()
  })

  test('waits closeTimeout for those who do not answer', async () => {
    const { server, url } = await start({ closeTimeout: 400 })
    const [silent] = (await openAtEach(url, 2)) as [WsClient]
    silent.socket.pause()
    const before = performance.now()
    await server.close()
    expect(performance.now() - before).toBeGreaterThan(350)
    expect(performance.now() - before).toBeLessThan(1400)
  })

  test('does not wait for a handler that never returns', async () => {
    const { server, url } = await start()
    const [busy, other] = (await openAtEach(url, 2)) as [WsClient, WsClient]
    busy.send('spin')
    const before = performance.now()
    await server.close()
    expect(performance.now() - before).toBeLessThan(5000)
    expect((await busy.closed).code).toBe(1006)
    expect((await other.closed).code).toBe(1001)
  })

  test('comes while a worker is to be started again', async () => {
    const { server, url, exits, port } = await start({ workers: 1 })
    for (let i = 0; i < 2; i++) {
      const client = await WsClient.open(url)
      client.send('exit')
      await exits.next()
    }
    await server.close()
    await (await serve({ port, host: '127.0.0.1' })).close()
    expect(exits.size).toBe(0)
  })

  test('comes by a signal', async () => {
    const controller = new AbortController()
    const { url } = await start({ signal: controller.signal })
    const client = await WsClient.open(url)
    controller.abort()
    expect((await client.closed).code).toBe(1001)
    await expect(serveWorkers(handler, { signal: controller.signal })).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('of the process does not wait for workers that are unref()ed', async () => {
    const { code, stdout } = await runChild(`
      import { serveWorkers } from 'ntyws'
      const server = await serveWorkers(${JSON.stringify(fileURLToPath(handler))}, { workers: 2 })
      process.on('exit', () => log('exit'))
      server.unref()
    `)
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'exit\n' })
  })
})
