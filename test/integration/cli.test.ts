// The `ntyws` command as a user meets it: what it prints, what it serves, how it ends.

import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { Cli } from '../support/cli.js'
import { FakeTerminal } from '../support/terminal.js'

// Each test starts processes, which is slow on a busy machine.
vi.setConfig({ testTimeout: 30_000 })

const running: Cli[] = []
function ntyws(...args: string[]): Cli {
  const cli = Cli.start(...args)
  running.push(cli)
  return cli
}

function ntywsOnTerminal(columns: number, ...args: string[]): Cli {
  const cli = Cli.startOnTerminal(columns, ...args)
  running.push(cli)
  return cli
}

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ntyws-cli-'))
})
afterEach(async () => {
  for (const cli of running.splice(0)) {
    cli.kill('SIGKILL')
    await cli.exit
  }
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

function handlerFile(name: string, source: string): string {
  const path = join(folder, name)
  writeFileSync(path, source)
  return path
}

async function open(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url)
  await once(socket, 'open')
  return socket
}

/** Sends one message. @returns the next one that arrives. */
async function ask(socket: WebSocket, data: string | Buffer) {
  socket.send(data)
  const [answer, isBinary] = await once(socket, 'message')
  return { answer: String(answer), isBinary }
}

describe('help', () => {
  test.each([[[]], [['--help']], [['-h']]])('ntyws %j tells the commands', async (args) => {
    const { code, stdout, stderr } = await ntyws(...args).exit
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('serve [handler]')
  })

  test('ntyws serve --help tells its options', async () => {
    const { code, stdout } = await ntyws('serve', '--help').exit
    expect(code).toBe(0)
    for (const option of ['--port', '--host', '--quiet']) expect(stdout).toContain(option)
  })

  test('ntyws --version tells the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
    expect(await ntyws('--version').exit).toMatchObject({ code: 0, stdout: `${version}\n` })
  })
})

describe('serve', () => {
  test('prints one line when it listens, and echoes text as text and binary as binary', async () => {
    const cli = ntyws('serve', '-p', '0')
    const url = await cli.listening()
    expect(cli.stdout).toMatch(/^listening on ws:\/\/127\.0\.0\.1:[1-9]\d*\n$/)

    const socket = await open(url)
    expect(await ask(socket, 'Grüße')).toEqual({ answer: 'Grüße', isBinary: false })
    expect(await ask(socket, Buffer.from('bytes'))).toEqual({ answer: 'bytes', isBinary: true })
    expect(await ask(socket, '')).toEqual({ answer: '', isBinary: false })
    socket.close()
    await once(socket, 'close')
    expect(cli.stderr).toBe('')
  })

  test('several ports are counted', async () => {
    const cli = ntyws('serve', '-p', '0,0')
    await cli.listening()
    expect(cli.stdout).toMatch(/^listening on ws:\/\/127\.0\.0\.1:\d+[,-]\d+ \(2 ports\)\n$/)
  })

  test('an IPv6 host is shown in brackets', async (context) => {
    const probe = createServer().listen(0, '::1')
    const hasIpv6 = await Promise.race([
      once(probe, 'listening').then(() => true),
      once(probe, 'error').then(() => false),
    ]).catch(() => false)
    probe.close()
    if (!hasIpv6) context.skip('this machine has no ::1')

    const url = await ntyws('serve', '-p', '0', '-H', '::1').listening()
    expect(url).toMatch(/^ws:\/\/\[::1\]:\d+$/)
    const socket = await open(url)
    expect((await ask(socket, 'hello')).answer).toBe('hello')
  })

  test('a browser gets the console, and nothing else', async () => {
    const url = (await ntyws('serve', '-p', '0').listening()).replace('ws:', 'http:')
    const page = await fetch(url)
    expect(page.status).toBe(200)
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(await page.text()).toContain('<title>ntyws console</title>')
    expect((await fetch(`${url}/favicon.ico`)).status).toBe(404)
  })
})

describe('bad arguments end with status 2 and one sentence', () => {
  test.each([
    [['srve'], "unknown command 'srve'"],
    [['serve', '--prot', '1'], "unknown option '--prot'"],
    [['serve', '--port'], "option '--port' needs a value"],
    [['serve', '-p', 'many'], 'many'],
    [['serve', '-p', '70000'], '70000'],
    [['serve', '-p', '9000-8000'], '9000-8000'],
    [['serve', './no-such-handler.ts', '-p', '0'], "'./no-such-handler.ts' not found"],
  ])('%j', async (args, sentence) => {
    const { code, stdout, stderr } = await ntyws(...args).exit
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^ntyws: .+\n$/)
    expect(stderr).toContain(sentence)
  })

  test('a handler file without handlers', async () => {
    const { code, stderr } = await ntyws('serve', handlerFile('none.mjs', 'export default 5'), '-p', '0').exit
    expect(code).toBe(2)
    expect(stderr).toMatch(/^ntyws: .*none\.mjs' exports no handlers.*\n$/)
  })
})

describe('failures end with status 1', () => {
  test('a busy port is named', async () => {
    const port = new URL(await ntyws('serve', '-p', '0').listening()).port
    const { code, stdout, stderr } = await ntyws('serve', '-p', port).exit
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^ntyws: .+\n$/)
    expect(stderr).toContain(port)
  })

  test('a busy port does not wait for what the handler module started', async () => {
    const port = new URL(await ntyws('serve', '-p', '0').listening()).port
    const file = handlerFile('timer.mjs', 'setInterval(() => {}, 1000)\nexport function open() {}')
    expect((await ntyws('serve', file, '-p', port).exit).code).toBe(1)
  })

  test.each(['throws.mjs', 'throws.ts'])('%s: its error is shown with its stack', async (name) => {
    const file = handlerFile(name, "\n\nthrow new RangeError('thrown by the module')")
    const { code, stderr } = await ntyws('serve', file, '-p', '0').exit
    expect(code).toBe(1)
    expect(stderr).toContain('RangeError: thrown by the module')
    expect(stderr).toContain(`${name}:3`)
  })
})

describe('signals', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('%s closes connections with 1001 and ends with 0', async (signal) => {
    const cli = ntyws('serve', '-p', '0')
    const socket = await open(await cli.listening())
    cli.kill(signal)
    expect((await once(socket, 'close'))[0]).toBe(1001)
    expect(await cli.exit).toMatchObject({ code: 0, signal: null, stderr: '' })
  })

  test('SIGTERM lets out what waits for a peer that has not read yet', async () => {
    const file = handlerFile(
      'much.mjs',
      `export function message(socket) {
        for (let i = 0; i < 100; i++) socket.send(Buffer.alloc(100_000, i))
        console.log('all is sent')
      }`,
    )
    const cli = ntyws('serve', file, '-p', '0')
    const socket = await open(await cli.listening())
    const received: Buffer[] = []
    socket.on('message', (data: Buffer) => received.push(data))
    socket.pause()
    socket.send('much, please')
    await cli.printed(/all is sent/)
    cli.kill('SIGTERM')
    await refusing(socket.url)
    expect(received).toEqual([])
    socket.resume()
    expect((await once(socket, 'close'))[0]).toBe(1001)
    expect(received.length).toBe(100)
    expect(received.every((data, i) => data.equals(Buffer.alloc(100_000, i)))).toBe(true)
    expect(await cli.exit).toMatchObject({ code: 0, signal: null, stderr: '' })
  })

  test('a handler module that has a timer does not keep it from ending', async () => {
    const file = handlerFile('tick.mjs', 'setInterval(() => {}, 1000)\nexport function open() {}')
    const cli = ntyws('serve', file, '-p', '0')
    await cli.listening()
    cli.kill('SIGTERM')
    expect((await cli.exit).code).toBe(0)
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('a second signal, %s, does not wait for a peer that does not close', async (signal, status) => {
    const file = handlerFile('slow.mjs', 'export const closeTimeout = 600_000\nexport function message() {}')
    const cli = ntyws('serve', file, '-p', '0')
    const socket = await open(await cli.listening())
    // Reads no close frame, so sends none back.
    socket.pause()
    cli.kill('SIGTERM')
    await refusing(socket.url)
    cli.kill(signal)
    expect((await cli.exit).code).toBe(status)
    socket.terminate()
  })
})

/** Waits until nothing listens there any more: the first signal has arrived. */
async function refusing(url: string): Promise<void> {
  for (;;) {
    const socket = new WebSocket(url)
    const refused = await Promise.race([
      once(socket, 'open').then(() => false),
      once(socket, 'close').then(() => true),
    ]).catch(() => true)
    socket.on('error', () => {}).terminate()
    if (refused) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

describe('--workers', () => {
  test('serves with threads, replaces one that dies, and says so', async () => {
    const source = `
      import { threadId } from 'node:worker_threads'
      export function message(socket: { send(text: string): void }, data: string) {
        if (data === 'die') throw new RangeError('thrown by the handler')
        socket.send(String(threadId))
      }`
    const cli = ntyws('serve', handlerFile('threads.ts', source), '-w', '2', '-p', '0')
    const url = await cli.listening()
    const threads = new Set<string>()
    while (threads.size < 2) threads.add((await ask(await open(url), 'who')).answer)
    const victim = await open(url)
    victim.on('error', () => {}).send('die')
    await once(victim, 'close')
    await vi.waitFor(() => expect(cli.stderr).toMatch(/another worker [12] starts now\n$/))
    expect(cli.stderr).toMatch(/^ntyws: worker [12] died of RangeError: thrown by the handler\n\s+at .*message /)
    while (threads.size < 3) threads.add((await ask(await open(url), 'who')).answer)

    const last = await open(url)
    cli.kill('SIGTERM')
    expect((await once(last, 'close'))[0]).toBe(1001)
    expect(await cli.exit).toMatchObject({ code: 0 })
  })

  test('echoes, and shows the console, without a handler module', async () => {
    const url = await ntyws('serve', '--workers', '2', '-p', '0', '-H', '127.0.0.1').listening()
    expect(await ask(await open(url), 'hello')).toMatchObject({ answer: 'hello' })
    expect(await (await fetch(url.replace('ws:', 'http:'))).text()).toContain('<html')
  })

  test('the live line sums them', async () => {
    const cli = ntywsOnTerminal(100, 'serve', '-w', '2', '-p', '0')
    const url = await cli.listening()
    for (let i = 0; i < 12; i++) await open(url)
    await cli.printed(/\D12 connections/)
  })

  test('a busy port', async () => {
    const url = await ntyws('serve', '-w', '2', '-p', '0').listening()
    const { code, stderr } = await ntyws('serve', '-w', '2', '-p', new URL(url).port).exit
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^ntyws: listen EADDRINUSE.*\n$/) })
  })

  test.each([
    [['./no-such.mjs', '-w', '2'], 2, /^ntyws: handler file '.\/no-such.mjs' not found\n$/],
    [['-w', '0'], 2, /^ntyws: --workers takes a number from 1 on, not '0'\n$/],
    [['-w', 'many'], 2, /--workers takes a number from 1 on, not 'many'/],
    [['-w', '9999'], 2, /workers must be an integer from 1 to 1024, not 9999/],
  ])('%j', async (args, code, stderr) => {
    expect(await ntyws('serve', ...args, '-p', '0').exit).toMatchObject({
      code,
      stdout: '',
      stderr: expect.stringMatching(stderr),
    })
  })

  test('a module that throws ends it, once', async () => {
    const file = handlerFile('bad.mjs', "throw new RangeError('thrown by the module')")
    const { code, stderr } = await ntyws('serve', file, '-w', '2', '-p', '0').exit
    expect(code).toBe(1)
    expect(stderr.match(/RangeError.*: thrown by the module/g)).toHaveLength(1)
    expect(stderr).not.toContain('another worker')
  })
})

test.each([[[]], [['-w', '2']]])('--origin lets only these in, with %j too', async (workers) => {
  const url = await ntyws(
    'serve',
    '-p',
    '0',
    '--origin',
    'https://a.example',
    '--origin=https://b.example/',
    ...workers,
  ).listening()
  const statusFor = (origin: string) =>
    new Promise<number>((resolve) => {
      const client = new WebSocket(url, { origin })
      client.on('open', () => resolve(101)).on('error', () => {})
      client.on('unexpected-response', (_, response) => resolve(response.statusCode as number))
    })
  expect(await statusFor('https://a.example')).toBe(101)
  expect(await statusFor('https://b.example')).toBe(101)
  expect(await statusFor('https://c.example')).toBe(403)
  const bad = await ntyws('serve', '-p', '0', '--origin', 'a.example', ...workers).exit
  expect(bad).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^ntyws: origins has 'a.example', which is none: /),
  })
})

describe('handler modules', () => {
  test('handler.ts, default export', async () => {
    const file = handlerFile(
      'handler.ts',
      `interface Named { name: string }
      const me: Named = { name: 'ts' }
      export default {
        message(socket: { send(data: string): void }, data: string | Buffer): void {
          socket.send(me.name + ': ' + data)
        },
      }`,
    )
    const socket = await open(await ntyws('serve', file, '-p', '0').listening())
    expect(await ask(socket, 'hello')).toEqual({ answer: 'ts: hello', isBinary: false })
  })

  test('handler.mjs, named exports, with options, a port and a page of its own', async () => {
    const file = handlerFile(
      'handler.mjs',
      `export const port = 0
      export const maxPayload = 8
      export const message = (socket, data) => socket.send('mjs: ' + data)
      export const close = (socket, code) => console.log('closed ' + code)
      export const request = () => ({ status: 200, body: 'my page' })`,
    )
    const cli = ntyws('serve', file)
    const url = await cli.listening()
    expect(await (await fetch(url.replace('ws:', 'http:'))).text()).toBe('my page')

    const socket = await open(url)
    expect((await ask(socket, 'hello')).answer).toBe('mjs: hello')
    socket.send('longer than that')
    expect((await once(socket, 'close'))[0]).toBe(1009)
    await cli.printed(/^closed 1009$/m)
  })

  test('--port and --host win over those of the module', async () => {
    const source = "export default { port: 'bad', host: 'bad', message(socket, data) { socket.send(data) } }"
    const url = await ntyws('serve', handlerFile('own.mjs', source), '-p', '0', '-H', '127.0.0.1').listening()
    expect((await ask(await open(url), 'hello')).answer).toBe('hello')
  })
})

describe('live line', () => {
  const liveLine = /\d+ connections? · [\d.]+ /
  const screen = (output: string) => {
    const terminal = new FakeTerminal()
    terminal.write(output)
    return terminal.lines
  }

  test('is shown on a terminal, follows the connections, steps aside, and is gone at the end', async () => {
    const file = handlerFile('prints.mjs', "export const message = (socket, data) => console.log('got ' + data)")
    const cli = ntywsOnTerminal(100, 'serve', file, '-p', '0')
    const url = await cli.listening()
    await cli.printed(/0 connections · 0 msg\/s in · 0 out · 0 B\/s in · 0 B\/s out/)
    const socket = await open(url)
    await cli.printed(/1 connection · /)
    socket.send('something')
    await cli.printed(/got something\r\n[\s\S]*1 connection · /)
    cli.type('\x03')
    const { code, stdout } = await cli.exit
    expect(code).toBe(0)
    // The terminal itself echoes the interrupt key.
    expect(screen(stdout).map((line) => line.replace('^C', ''))).toEqual([`listening on ${url}`, 'got something', ''])
  })

  test('is cut to the width of the terminal', async () => {
    const cli = ntywsOnTerminal(40, 'serve', '-p', '0')
    await cli.printed(/connections/)
    expect(screen(cli.stdout).at(-1)).toBe('0 connections · 0 msg/s in · 0 out · 0 B/s in'.slice(0, 39))
  })

  test('--quiet leaves it out', async () => {
    const cli = ntywsOnTerminal(100, 'serve', '-p', '0', '--quiet')
    const socket = await open(await cli.listening())
    expect((await ask(socket, 'hello')).answer).toBe('hello')
    cli.type('\x03')
    const { code, stdout } = await cli.exit
    expect(code).toBe(0)
    expect(stdout).not.toMatch(liveLine)
  })

  test('is left out where stdout is no terminal', async () => {
    const cli = ntyws('serve', '-p', '0')
    const socket = await open(await cli.listening())
    expect((await ask(socket, 'hello')).answer).toBe('hello')
    cli.kill('SIGTERM')
    expect((await cli.exit).stdout).not.toMatch(liveLine)
  })
})
