// Servers in worker threads: several at once, ended in every way, mid-traffic too.

import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { serve } from 'ntyws'
import { describe, expect, onTestFinished, test } from 'vitest'
import { runChild } from '../support/child.js'
import { encodeMessage } from '../support/frames.js'
import { RawClient } from '../support/raw-client.js'
import { startEcho } from '../support/test-server.js'
import { WsClient } from '../support/ws-client.js'

const file = new URL('../support/workers/echo-worker.mjs', import.meta.url)

async function startWorker(): Promise<{ worker: Worker; port: number; url: string }> {
  const worker = new Worker(file)
  onTestFinished(() => void worker.terminate())
  const [{ port }] = await once(worker, 'message')
  return { worker, port, url: `ws://127.0.0.1:${port}` }
}

/** The port can be had again: nothing of the worker listens on it. */
async function expectFree(port: number): Promise<void> {
  await (await serve({ port, host: '127.0.0.1' })).close()
}

test('several workers and the main thread serve at once', async () => {
  const workers = await Promise.all(Array.from({ length: 3 }, startWorker))
  const own = await startEcho()
  const clients = await Promise.all([...workers, own].map(({ url }) => WsClient.open(url)))
  for (let i = 0; i < 100; i++) for (const [w, client] of clients.entries()) client.send(`${w} ${i}`)
  for (const [w, client] of clients.entries()) {
    for (let i = 0; i < 100; i++) expect(await client.next()).toBe(`${w} ${i}`)
  }
  for (const [w, { worker }] of workers.entries()) {
    const messages: unknown[] = []
    worker.on('message', (message) => messages.push(message))
    worker.postMessage('close')
    const [code] = await once(worker, 'exit')
    expect(code).toBe(0)
    expect((await clients[w]?.closed)?.code).toBe(1001)
    expect(messages).toMatchObject([{ closed: 1001 }, { stats: { accepted: 1, messagesReceived: 100 } }])
  }
  clients[3]?.send('still here')
  expect(await clients[3]?.next()).toBe('still here')
})

describe('a worker that is terminated', () => {
  test('while it loads the addon and starts does not end the process', async () => {
    const { code, stdout, stderr } = await runChild(`
      import { Worker } from 'node:worker_threads'
      import { setTimeout } from 'node:timers/promises'
      const source = ${JSON.stringify(`import('ntyws').then(({ serve }) => serve({ port: 0, host: '127.0.0.1' }))`)}
      for (let i = 0; i < 100; i++) {
        const worker = new Worker(source, { eval: true, execArgv: [] })
        await setTimeout(20 + i % 40)
        await worker.terminate()
      }
      log('alive')
    `)
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'alive\n', stderr: '' })
  })

  test('closes its sockets and frees its ports', async () => {
    const { worker, port, url } = await startWorker()
    const client = await WsClient.open(url)
    client.send('x')
    await client.next()
    const half = await RawClient.connect(port)
    half.write('GET / HTTP/1.1\r\n')
    await worker.terminate()
    expect((await client.closed).code).toBe(1006)
    await half.readToEnd()
    await expectFree(port)
  })

  test.each([1, 2, 3])('in the middle of traffic, round %i', async () => {
    const { worker, port } = await startWorker()
    const clients = await Promise.all(Array.from({ length: 8 }, () => RawClient.open(port)))
    const flood = Buffer.concat(
      Array.from({ length: 200 }, (_, i) => encodeMessage(i % 50 === 0 ? Buffer.alloc(200_000) : `message ${i}`)),
    )
    const heard = clients.map((client) => client.readFrame())
    for (const [i, client] of clients.entries()) {
      if (i % 2 === 0)
        client.socket.on(
          'data',
          () => client.socket.writable && client.socket.writableLength < 1e6 && client.write(flood),
        )
      client.write(flood)
    }
    await Promise.all(heard)
    for (const client of clients.slice(6)) client.socket.pause() // what is for them waits in the worker
    await worker.terminate()
    for (const client of clients) client.socket.resume()
    await Promise.all(clients.map((client) => client.readToEnd()))
    await expectFree(port)
  })

  test('in a handler that never returns', async () => {
    const { worker, port } = await startWorker()
    const client = await RawClient.open(port)
    client.send('before')
    await client.readFrame()
    client.write(Buffer.concat([encodeMessage('spin'), encodeMessage('behind')]))
    await new Promise((resolve) => setTimeout(resolve, 30))
    await worker.terminate()
    expect((await client.readToEnd()).length).toBe(0)
    await expectFree(port)
  })
})

test('process.exit in a handler ends the worker only', async () => {
  const { worker, port } = await startWorker()
  const client = await RawClient.open(port)
  client.write(Buffer.concat([encodeMessage('before'), encodeMessage('exit'), encodeMessage('behind')]))
  const [code] = await once(worker, 'exit')
  expect(code).toBe(5)
  await client.readToEnd()
  await expectFree(port)
})

test('an error that nobody catches ends the worker, and its parent is told', async () => {
  const { worker, port } = await startWorker()
  const client = await RawClient.open(port)
  client.send('throw')
  const [error] = await once(worker, 'error')
  expect(error.message).toBe('thrown in a worker')
  await client.readToEnd()
  await expectFree(port)
})

test('workers that come and go leave no descriptors', async () => {
  const cycle = async () => {
    const { worker, url } = await startWorker()
    const client = await WsClient.open(url)
    client.send('x')
    await client.next()
    await worker.terminate()
    await client.closed
  }
  const count = () => readdirSync('/proc/self/fd').length
  await cycle()
  await cycle()
  const before = count()
  for (let i = 0; i < 8; i++) await cycle()
  await expect.poll(count).toBeLessThanOrEqual(before)
})
