// Several instances of ntyws' JavaScript over the one addon of a process, as Jest, bundlers and registry resets make them:
// side by side, and none knows of the others.

import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { collectUntil, runChild } from '../support/child.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const copies = 20
let folder: string

const isNeeded = (file: string) => !file.endsWith('.d.ts') && !file.endsWith('/cli')

// Copies of the JavaScript that find the same addon: a module's URL is what makes it another instance.
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ntyws-instances-'))
  for (let n = 0; n < copies; n++) {
    mkdirSync(join(folder, `${n}`))
    cpSync(join(root, 'dist'), join(folder, `${n}/dist`), { recursive: true, filter: isNeeded })
    cpSync(join(root, 'package.json'), join(folder, `${n}/package.json`))
    symlinkSync(join(root, 'build'), join(folder, `${n}/build`))
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Source that can be run in any thread: `load(n)` gives the exports of the n-th instance. */
const prelude = () => `
  const load = (n) => import('file://' + ${JSON.stringify(folder)} + '/' + n + '/dist/index.js')
  const loadAll = (count) => Promise.all(Array.from({ length: count }, (_, n) => load(n)))
  const echo = (name) => ({ port: 0, host: '127.0.0.1', message: (socket, data) => void socket.send(name + ': ' + data) })
  class Client {
    #heard = []
    #waiting = []
    static async open({ connect }, server) {
      const client = new Client()
      client.socket = await connect('ws://127.0.0.1:' + server.ports[0], {
        message: (_, data) => client.#tell(data),
        close: (_, code) => client.#tell(code),
      })
      return client
    }
    #tell(what) {
      const waiting = this.#waiting.shift()
      if (waiting) waiting(what)
      else this.#heard.push(what)
    }
    ask(text) {
      this.socket.send(text)
      return this.next()
    }
    next() {
      return this.#heard.length > 0 ? this.#heard.shift() : new Promise((resolve) => this.#waiting.push(resolve))
    }
  }
`

/** Runs it in the main thread, and in a worker. */
async function expectOutput(source: string, expected: string, args: string[] = []): Promise<void> {
  const { code, stdout, stderr } = await runChild(prelude() + source, args)
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: expected, stderr: '' })
  const inWorker = `
    import { Worker } from 'node:worker_threads'
    const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(
      `const log = (...words) => console.log(...words)\n${prelude()}${source}`,
    )})))
    const [exitCode] = await once(worker, 'exit')
    if (exitCode !== 0) log('exit', exitCode)
  `
  const worker = await runChild(inWorker, args)
  expect(worker).toEqual({ code: 0, signal: null, stdout: expected, stderr: '' })
}

test('each copy is an instance over one addon', async () => {
  await expectOutput(
    `
    const [one, two] = await loadAll(2)
    log(one.serve !== two.serve, process.report.getReport().sharedObjects.filter((file) => file.endsWith('ntyws.node')).length)
    `,
    'true 1\n',
  )
})

test.each([2, copies])('%i serve and dial each other side by side, and end one by one', async (count) => {
  await expectOutput(
    `
    const all = await loadAll(${count})
    const servers = await Promise.all(all.map(({ serve }, n) => serve(echo(n))))
    const clients = []
    for (const [n, instance] of all.entries()) {
      for (const [m, server] of servers.entries()) clients.push({ n, m, client: await Client.open(instance, server) })
    }
    const large = 'x'.repeat(300_000)
    let answers = 0
    for (let round = 0; round < 3; round++) {
      await Promise.all(clients.map(async ({ n, m, client }) => {
        if (await client.ask('hello of ' + n) === m + ': hello of ' + n) answers++
        if (n === m && await client.ask(large) === m + ': ' + large) answers++
      }))
    }
    log(answers === 3 * (${count} * ${count} + ${count}))
    // Each that ends says goodbye to its own clients, and the others go on.
    for (const [ended, server] of servers.entries()) {
      await server.close()
      for (const { m, client } of clients) {
        if (m === ended && await client.next() !== 1001) log('no goodbye')
        if (m > ended && await client.ask('still') !== m + ': still') log('silence')
      }
    }
    log('closed')
    `,
    'true\nclosed\n',
  )
})

test('one goes on when the JavaScript of another has ended in the middle of a turn', async () => {
  await expectOutput(
    `
    const [one, two] = await loadAll(2)
    const server = await one.serve(echo('one'))
    const other = await two.serve({ ...echo('two'), message: (socket) => { void other.close(); throw new Error('oh') } })
    process.once('uncaughtException', ({ message }) => log(message))
    const [a, b] = [await Client.open(two, server), await Client.open(one, other)]
    log(await b.ask('go'))
    log(await a.ask('go'))
    await server.close()
    `,
    'oh\n1001\none: go\n',
  )
})

describe('a worker with several instances', () => {
  test('is terminated in the middle of their traffic', async () => {
    const source = `
      ${prelude()}
      import { parentPort } from 'node:worker_threads'
      const all = await loadAll(5)
      const servers = await Promise.all(all.map(({ serve }, n) => serve(echo(n))))
      for (const [n, instance] of all.entries()) {
        const socket = await instance.connect('ws://127.0.0.1:' + servers[(n + 1) % 5].ports[0], {
          message: (socket) => void socket.send('x'.repeat(Math.random() * 20_000)),
        })
        for (let i = 0; i < 20; i++) socket.send('go')
      }
      parentPort.postMessage('busy')
    `
    const { code, stdout, stderr } = await runChild(`
      import { Worker } from 'node:worker_threads'
      import { setTimeout } from 'node:timers/promises'
      for (let i = 0; i < 5; i++) {
        const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(source)})))
        await once(worker, 'message')
        await setTimeout(i * 7)
        await worker.terminate()
      }
      log('alive')
    `)
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'alive\n', stderr: '' })
  })

  test('ends as one does: with process.exit, and by itself', async () => {
    const source = (end: string) => `
      ${prelude()}
      const all = await loadAll(3)
      for (const instance of all) {
        const server = await instance.serve(echo('x'))
        const client = await Client.open(instance, server)
        await client.ask('y')
        server.unref()
        client.socket.unref()
      }
      ${end}
    `
    const { code, stdout, stderr } = await runChild(`
      import { Worker } from 'node:worker_threads'
      for (const source of ${JSON.stringify([source('process.exit(3)'), source('')])}) {
        const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(source)))
        const [code] = await once(worker, 'exit')
        log(code)
      }
    `)
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '3\n0\n', stderr: '' })
  })
})

// What Jest does: for each file of tests there is a context with a registry of modules of its own, whose native addons are
// those of the process.
const inContexts = `
  import { createRequire, isBuiltin } from 'node:module'
  import { readFileSync } from 'node:fs'
  import vm from 'node:vm'
  const require = createRequire(${JSON.stringify(`${root}package.json`)})
  const ts = require('typescript')
  const codes = new Map()
  function codeOf(url) {
    if (!codes.has(url)) {
      const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 }
      const { outputText } = ts.transpileModule(readFileSync(new URL(url), 'utf8'), { compilerOptions })
      codes.set(url, outputText.replaceAll('import.meta.url', 'url'))
    }
    return codes.get(url)
  }
  function evaluate() {
    const parsingContext = vm.createContext({ process, Buffer, URL, setTimeout, clearTimeout, queueMicrotask, AbortSignal })
    const registry = new Map()
    function load(specifier, importer) {
      if (isBuiltin(specifier)) return require(specifier)
      const url = new URL(specifier, importer).href
      if (!registry.has(url)) {
        const exports = {}
        registry.set(url, exports)
        const module = vm.compileFunction(codeOf(url), ['exports', 'require', 'url'], { parsingContext })
        module(exports, (specifier) => load(specifier, url), url)
      }
      return registry.get(url)
    }
    return load('./index.js', ${JSON.stringify(`file://${root}dist/`)})
  }
`

test('contexts of node:vm each have an instance', async () => {
  const { code, stdout, stderr } = await runChild(
    `${prelude()}${inContexts}
    const all = [evaluate(), evaluate(), evaluate()]
    const servers = await Promise.all(all.map(({ serve }, n) => serve(echo(n))))
    for (const instance of all) {
      for (const server of servers) log(await (await Client.open(instance, server)).ask('x'))
    }
    await Promise.all(servers.map((server) => server.close()))
    `,
  )
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toBe('0: x\n1: x\n2: x\n'.repeat(3))
})

test('an instance is freed when its JavaScript has been collected, and not while something is left of it', async () => {
  const { code, stdout, stderr } = await runChild(
    `${prelude()}${inContexts}${collectUntil}
    import { readdirSync, readlinkSync } from 'node:fs'
    const epolls = () => readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync('/proc/self/fd/' + fd).includes('eventpoll')
      } catch {
        return false
      }
    }).length
    const before = epolls()
    // Nobody holds the first but its server, which serves on.
    const port = await (async () => {
      const { serve } = evaluate()
      return (await serve(echo('first'))).ports[0]
    })()
    async function use() {
      const instance = evaluate()
      const server = await instance.serve(echo('x'))
      const client = await Client.open(instance, server)
      await client.ask('x'.repeat(100_000))
      await server.close()
      await client.next()
    }
    for (let i = 0; i < 10; i++) await use()
    log('made:', epolls() - before > 1)
    await collectUntil(() => epolls() === before + 1)
    log('left:', epolls() - before)
    log(await (await Client.open(await load(0), { ports: [port] })).ask('still there'))
    process.exit()
    `,
    ['--expose-gc'],
  )
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'made: true\nleft: 1\nfirst: still there\n', stderr: '' })
})
