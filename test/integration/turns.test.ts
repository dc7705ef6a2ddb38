// Turns and JavaScript: errors in handlers, microtasks, ticks, AsyncLocalStorage, and sends from anywhere.

import { AsyncLocalStorage } from 'node:async_hooks'
import type { Socket } from 'ntyws'
import { describe, expect, test } from 'vitest'
import { runChild } from '../support/child.js'
import { encodeMessage } from '../support/frames.js'
import { RawClient } from '../support/raw-client.js'
import { startEcho, startServer } from '../support/test-server.js'
import { WsClient } from '../support/ws-client.js'

/** All in one segment, so that they come in one turn. */
function sendTogether(client: RawClient, texts: string[]): void {
  client.write(Buffer.concat(texts.map(encodeMessage)))
}

async function readTexts(client: RawClient, count: number): Promise<string[]> {
  return (await client.readFrames(count)).map(({ payload }) => payload.toString())
}

describe('a handler that throws', () => {
  test('surfaces as uncaughtException; the rest of the batch and all sends go on', async () => {
    const { stdout, stderr, code } = await runChild(`
      process.on('uncaughtException', (error, origin) => log(origin, error.message))
      const server = await serve({
        port: 0, host: '127.0.0.1',
        open() { throw new Error('in open') },
        message(socket, data) {
          socket.send('before ' + data)
          if (data % 3 === 0) throw new Error('in message ' + data)
          socket.send('after ' + data)
        },
        ping() { throw new Error('in ping') },
        error() { throw new Error('in error') },
        close(socket, code) { log('close', code); throw new Error('in close') },
      })
      const client = await dial(server)
      const got = []
      client.on('message', (data) => got.push(String(data)))
      client._socket.cork()
      client.ping()
      for (let i = 1; i <= 6; i++) client.send(String(i))
      client._socket.uncork()
      while (got.length < 10) await once(client, 'message')
      log(got.join(', '))
      client.on('close', (code) => log('client', code))
      client._socket.write(Buffer.from([0xff, 0xff]))
      await once(client, 'close')
      await server.close()
      log('ended')
    `)
    expect(stderr).toBe('')
    expect(stdout.trim().split('\n')).toEqual([
      'uncaughtException in open',
      'uncaughtException in ping',
      'uncaughtException in message 3',
      'uncaughtException in message 6',
      'before 1, after 1, before 2, after 2, before 3, before 4, after 4, before 5, after 5, before 6',
      'close 1002',
      // close is called although error threw; the error of close is the one that surfaces.
      expect.stringMatching(/^uncaughtException in (error|close)$/),
      'client 1002',
      'ended',
    ])
    expect(code).toBe(0)
  })

  test('ends the process when nobody listens, with the error and its stack on stderr', async () => {
    const { code, stderr, stdout } = await runChild(`
      const server = await serve({ port: 0, host: '127.0.0.1', message() { throw new Error('nobody catches me') } })
      const client = await dial(server)
      client.send('1')
      setTimeout(() => log('went on'), 10_000)
    `)
    expect(code).toBe(1)
    expect(stderr).toContain('Error: nobody catches me')
    expect(stderr).toContain('Object.message')
    expect(stdout).toBe('')
  })

  test('thrown undefined and null surface too', async () => {
    const { stdout } = await runChild(`
      process.on('uncaughtException', (error) => log('uncaught', error))
      const values = [undefined, null, 'text']
      const server = await serve({ port: 0, host: '127.0.0.1', message(socket) {
        socket.send('x')
        throw values.shift()
      } })
      const client = await dial(server)
      for (let i = 0; i < 3; i++) {
        client.send('1')
        await once(client, 'message')
      }
      client.terminate()
      await server.close()
    `)
    expect(stdout).toBe('uncaught undefined\nuncaught null\nuncaught text\n')
  })

  test('an async handler that rejects surfaces as unhandledRejection', async () => {
    const { stdout } = await runChild(`
      process.on('unhandledRejection', (error) => log('unhandled', error.message))
      const server = await serve({ port: 0, host: '127.0.0.1', async message(socket, data) {
        await null
        socket.send('answer')
        throw new Error('rejected ' + data)
      } })
      const client = await dial(server)
      client.send('1')
      await once(client, 'message')
      client.send('2')
      await once(client, 'message')
      client.terminate()
      await server.close()
    `)
    expect(stdout).toBe('unhandled rejected 1\nunhandled rejected 2\n')
  })

  test('an error in a tick or microtask of a handler surfaces, and serving goes on', async () => {
    const { stdout } = await runChild(`
      process.on('uncaughtException', (error) => log('uncaught', error.message))
      const server = await serve({ port: 0, host: '127.0.0.1', message(socket, data) {
        process.nextTick(() => { throw new Error('tick ' + data) })
        queueMicrotask(() => { throw new Error('microtask ' + data) })
        socket.send('answer')
      } })
      const client = await dial(server)
      for (const text of ['1', '2']) {
        client.send(text)
        await once(client, 'message')
        await new Promise(setImmediate)
      }
      client.terminate()
      await server.close()
    `)
    expect(stdout).toBe('uncaught tick 1\nuncaught microtask 1\nuncaught tick 2\nuncaught microtask 2\n')
  })

  test('process.exit in a handler ends the process, with its code', async () => {
    const { code, stdout, stderr } = await runChild(`
      process.on('exit', (code) => log('exit', code))
      const server = await serve({ port: 0, host: '127.0.0.1', message(socket, data) {
        socket.send(Buffer.alloc(1e7))
        if (data === '2') process.exit(7)
        log(data)
      } })
      const client = await dial(server)
      for (let i = 1; i < 100; i++) client.send(String(i))
    `)
    expect([code, stderr]).toEqual([7, ''])
    expect(stdout).toBe('1\nexit 7\n')
  })
})

describe('microtasks and ticks', () => {
  test('run when the turn has been handled, before any later event', async () => {
    const order: string[] = []
    const { port, messages } = await startServer({
      message: (_, data) => {
        order.push(`message ${data}`)
        Promise.resolve().then(() => order.push(`microtask ${data}`))
        process.nextTick(() => order.push(`tick ${data}`))
        setImmediate(() => order.push(`immediate ${data}`))
      },
    })
    const client = await RawClient.open(port)
    sendTogether(client, ['1', '2'])
    await messages.take(2)
    await expect.poll(() => order.length).toBe(8)
    expect(order.slice(0, 2)).toEqual(['message 1', 'message 2'])
    expect(order.slice(2, 6).sort()).toEqual(['microtask 1', 'microtask 2', 'tick 1', 'tick 2'])
    expect(order.slice(6)).toEqual(['immediate 1', 'immediate 2'])
  })

  test('an await in a handler continues', async () => {
    const { port } = await startServer({
      message: async (socket, data) => {
        for (let i = 0; i < 5; i++) await null
        socket.send(`${data} later`)
        await new Promise(setImmediate)
        socket.send(`${data} much later`)
      },
    })
    const client = await RawClient.open(port)
    client.send('x')
    expect(await readTexts(client, 2)).toEqual(['x later', 'x much later'])
  })
})

describe('AsyncLocalStorage', () => {
  test('run in a handler reaches its awaits, timers and ticks', async () => {
    const als = new AsyncLocalStorage<string>()
    const { port } = await startServer({
      message: (socket, data) =>
        als.run(String(data), async () => {
          const seen = [als.getStore()]
          await null
          seen.push(als.getStore())
          await new Promise(setImmediate)
          seen.push(als.getStore())
          await new Promise((resolve) => process.nextTick(resolve))
          seen.push(als.getStore())
          socket.send(seen.join(' '))
        }),
    })
    const client = await RawClient.open(port)
    sendTogether(client, ['a', 'b', 'c'])
    expect(await readTexts(client, 3)).toEqual(['a a a a', 'b b b b', 'c c c c'])
  })

  test('run does not reach the next message of the turn', async () => {
    const als = new AsyncLocalStorage<string>()
    const { port } = await startServer({
      message: (socket, data) => {
        const before = als.getStore()
        als.run(String(data), () => socket.send(`${before} ${als.getStore()}`))
      },
    })
    const client = await RawClient.open(port)
    sendTogether(client, ['a', 'b'])
    expect(await readTexts(client, 2)).toEqual(['undefined a', 'undefined b'])
  })

  test('enterWith in one turn reaches its awaits, but no later turn', async () => {
    const als = new AsyncLocalStorage<string>()
    const other = new AsyncLocalStorage<string>()
    const { port } = await startServer({
      message: async (socket, data) => {
        const before = [als.getStore(), other.getStore()]
        als.enterWith(`store of ${data}`)
        other.enterWith('other')
        await new Promise(setImmediate)
        socket.send(`${before} → ${als.getStore()}`)
      },
    })
    const client = await RawClient.open(port)
    for (const text of ['1', '2', '3']) {
      client.send(text)
      expect(await readTexts(client, 1)).toEqual([`, → store of ${text}`])
    }
  })

  test('the store around serve() is not that of the handlers', async () => {
    const als = new AsyncLocalStorage<string>()
    const { port } = await als.run('outside', () =>
      startServer({ message: (socket) => socket.send(String(als.getStore())) }),
    )
    const client = await RawClient.open(port)
    client.send('x')
    expect(await readTexts(client, 1)).toEqual(['undefined'])
  })
})

describe('sends from outside a turn', () => {
  test.each<[string, (run: () => void) => void]>([
    ['a timer', (run) => setTimeout(run, 1)],
    ['an immediate', (run) => setImmediate(run)],
    ['a microtask', (run) => queueMicrotask(run)],
    ['a tick', (run) => process.nextTick(run)],
    ['a tick of a microtask', (run) => queueMicrotask(() => process.nextTick(run))],
    ['a microtask of a tick', (run) => process.nextTick(() => queueMicrotask(run))],
    ['plain code', (run) => run()],
  ])('from %s are flushed', async (_, later) => {
    const { url, opened } = await startServer()
    const client = await WsClient.open(url)
    const socket = await opened.next()
    for (let i = 0; i < 3; i++) {
      later(() => socket.send(`${i}`))
      expect(await client.next()).toBe(`${i}`)
    }
  })

  test('from a handler of another server in the same process', async () => {
    const target = await startServer()
    const targetClient = await WsClient.open(target.url)
    const socket = await target.opened.next()
    const { url } = await startServer({ message: (_, data) => void socket.send(data) })
    const client = await WsClient.open(url)
    client.send('across')
    expect(await targetClient.next()).toBe('across')
  })

  test('although the process does nothing else', async () => {
    const { stdout } = await runChild(`
      let socket
      const server = await serve({ port: 0, host: '127.0.0.1', open: (s) => { socket = s } })
      const client = await dial(server)
      socket.send('hello')
      log(String((await once(client, 'message'))[0]))
      client.terminate()
      await server.close()
    `)
    expect(stdout).toBe('hello\n')
  })

  test('the order is that of the calls, wherever they come from', async () => {
    const expected: string[] = []
    let socket: Socket | undefined
    const say = (text: string) => {
      expected.push(text)
      socket?.send(text)
    }
    const { port, opened } = await startServer({
      message: (_, data) => {
        say(`message ${data}`)
        queueMicrotask(() => say(`microtask ${data}`))
        process.nextTick(() => say(`tick ${data}`))
        setImmediate(() => say(`immediate ${data}`))
        setTimeout(() => say(`timeout ${data}`), 1)
        Promise.resolve()
          .then(() => say(`then ${data}`))
          .then(() => process.nextTick(() => say(`late tick ${data}`)))
        say(`end of message ${data}`)
      },
    })
    const client = await RawClient.open(port)
    socket = await opened.next()
    for (let round = 0; round < 5; round++) {
      sendTogether(
        client,
        ['1', '2', '3'].map((text) => `${round}.${text}`),
      )
      setImmediate(() => say(`outside ${round}`))
      await new Promise(setImmediate)
    }
    const count = 5 * (3 * 8 + 1)
    const received = await readTexts(client, count)
    expect(received).toEqual(expected)
  })

  test('an error thrown right behind a send does not hold it back', async () => {
    const { stdout } = await runChild(`
      process.on('uncaughtException', (error) => log('uncaught', error.message))
      let socket
      const server = await serve({ port: 0, host: '127.0.0.1', open: (s) => { socket = s } })
      const client = await dial(server)
      setTimeout(() => { socket.send('sent'); throw new Error('behind') })
      log(String((await once(client, 'message'))[0]))
      setTimeout(() => socket.send('again'))
      log(String((await once(client, 'message'))[0]))
      client.terminate()
      await server.close()
    `)
    expect(stdout).toBe('uncaught behind\nsent\nagain\n')
  })
})

describe('calls from inside handlers', () => {
  test('closing the server in a message handler', async () => {
    let close: Promise<void> | undefined
    const { url, server, closed } = await startServer({
      message: (socket) => {
        socket.send('last words')
        close ??= server.close()
      },
    })
    const client = await WsClient.open(url)
    client.send('end')
    expect(await client.next()).toBe('last words')
    expect(await client.closed).toMatchObject({ code: 1001 })
    expect(await closed.next()).toMatchObject({ code: 1001 })
    await close
  })

  test('one socket ending others of the same turn', async () => {
    const all: Socket[] = []
    const { port, opened, closed } = await startServer({
      open: (socket) => all.push(socket),
      message: () => {
        for (const socket of all) socket.terminate()
      },
    })
    const clients = await Promise.all(Array.from({ length: 20 }, () => RawClient.open(port)))
    await opened.take(20)
    for (const client of clients) sendTogether(client, ['1', '2', '3'])
    expect((await closed.take(20)).every(({ code }) => code === 1006)).toBe(true)
    await new Promise(setImmediate)
    expect(closed.size).toBe(0)
  })

  test('broadcasting from a handler reaches all in order', async () => {
    const all = new Set<Socket>()
    const { url } = await startServer({
      open: (socket) => all.add(socket),
      message: (_, data) => {
        for (const socket of all) socket.send(data)
      },
      close: (socket) => all.delete(socket),
    })
    const clients = await Promise.all(Array.from({ length: 10 }, () => WsClient.open(url)))
    for (let i = 0; i < 50; i++) clients[0]?.send(`${i}`)
    for (const client of clients) {
      for (let i = 0; i < 50; i++) expect(await client.next()).toBe(`${i}`)
    }
  })

  test('broadcasting texts of every size, between others, reaches all in order', async () => {
    const texts = [10, 1023, 1024, 1025, 5000, 65_535, 65_536, 65_537, 200_000].flatMap((length) => [
      'z'.repeat(length),
      'é'.repeat(length),
      `${'e'.repeat(length)}!`,
    ])
    const { url, opened } = await startServer({
      highWaterMark: 1e8,
      message() {
        for (const text of texts) {
          for (const socket of room) socket.send(text)
          for (const socket of room) socket.send('between')
          for (const socket of room) socket.send(text)
        }
      },
    })
    const clients = await Promise.all(Array.from({ length: 3 }, () => WsClient.open(url)))
    const room = [await opened.next(), await opened.next(), await opened.next()]
    clients[0]?.send('now')
    for (const client of clients) {
      for (const text of texts) {
        for (const expected of [text, 'between', text]) expect((await client.next()) === expected).toBe(true)
      }
    }
  })
})

test('a busy client does not starve timers or other clients', async () => {
  const { port } = await startEcho()
  const busy = await RawClient.open(port)
  const quiet = await RawClient.open(port)
  const flood = Buffer.concat(Array.from({ length: 2000 }, () => encodeMessage('x')))
  let flooding = true
  busy.socket.on('data', () => {
    if (flooding && busy.socket.writableLength < flood.length) busy.write(flood)
  })
  busy.write(flood)
  for (let i = 0; i < 20; i++) {
    quiet.send(`${i}`)
    expect(await readTexts(quiet, 1)).toEqual([`${i}`])
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  flooding = false
})
