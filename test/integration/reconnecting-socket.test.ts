// A ReconnectingSocket through the faults of servers: when it tries again, and what becomes of messages.

import { ReconnectingSocket, type ReconnectOptions } from 'ntyws'
import { expect, onTestFinished, test } from 'vitest'
import { Queue } from '../support/queue.js'
import { unusedPort } from '../support/raw-server.js'
import { startServer } from '../support/test-server.js'

function start(url: ConstructorParameters<typeof ReconnectingSocket>[0], options: ReconnectOptions = {}) {
  const states = new Queue<string>()
  const link = new ReconnectingSocket(url, {
    minDelay: 1,
    maxDelay: 20,
    stateChange: (state) => states.push(state),
    ...options,
  })
  onTestFinished(() => void link.close())
  return { link, states }
}

test('connects again when the connection breaks, and counts failures until one is stable', async () => {
  const { url, opened } = await startServer()
  const { link, states } = start(url, { stableAfter: 0 })
  expect(link.state).toBe('connecting')
  for (let i = 0; i < 3; i++) {
    expect(await states.next()).toBe('open')
    expect(link.socket?.readyState).toBe(1)
    ;(await opened.next()).terminate()
    expect(await states.take(2)).toEqual(['waiting', 'connecting'])
    expect(link.attempts).toBe(1)
  }
})

test('a server that accepts and hangs up at once is tried ever later, and given up', async () => {
  const { url } = await startServer({ open: (socket) => socket.terminate() })
  const { link, states } = start(url, { maxAttempts: 3 })
  const all: string[] = []
  while (all.at(-1) !== 'closed') all.push(await states.next())
  expect(all.filter((state) => state === 'open').length).toBe(3)
  expect(link.attempts).toBe(3)
})

test('delays double up to the most, and half of each is chance', async () => {
  const port = await unusedPort()
  const delays: number[] = []
  const link = new ReconnectingSocket(`ws://127.0.0.1:${port}`, {
    minDelay: 20,
    maxDelay: 80,
    maxAttempts: 6,
    stateChange(state) {
      if (state === 'waiting') delays.push((link.retryAt as number) - Date.now())
    },
  })
  await expect.poll(() => link.state).toBe('closed')
  expect(delays.length).toBe(5)
  for (const [i, delay] of delays.entries()) {
    const full = Math.min(80, 20 * 2 ** i)
    expect(delay).toBeGreaterThan(full / 2 - 3)
    expect(delay).toBeLessThanOrEqual(full)
  }
})

test('what is sent without a connection is refused, unless there is a queue', async () => {
  const { link } = start(`ws://127.0.0.1:${await unusedPort()}`)
  expect(link.send('x')).toBe('refused')
  const queueing = start(`ws://127.0.0.1:${await unusedPort()}`, { maxQueue: 10 }).link
  expect(queueing.send('12345')).toBe('queued')
  expect(queueing.send('678901')).toBe('refused')
  expect(queueing.send(Buffer.from('67890'))).toBe('queued')
  expect(queueing.queued).toBe(2)
  expect(queueing.close()).toBe(2)
  expect(queueing.send('')).toBe('refused')
})

test('what waited is sent once and in order, behind what the open handler sends, as it was given', async () => {
  const { url, messages, opened } = await startServer()
  const { link, states } = start(url, { maxQueue: 1000, open: (socket) => void socket.send('hello') })
  const bytes = Buffer.from('bytes')
  expect(link.send('first')).toBe('queued')
  expect(link.send(bytes)).toBe('queued')
  expect(link.send('as bytes', { binary: true })).toBe('queued')
  bytes.fill(0)
  await states.next()
  expect(link.send('direct')).toBe('sent')
  expect((await messages.take(5)).map(({ data, isBinary }) => `${data} ${isBinary}`)).toEqual([
    'hello false',
    'first false',
    'bytes true',
    'as bytes true',
    'direct false',
  ])
  expect(link.queued).toBe(0)
  ;(await opened.next()).terminate()
  await opened.next()
  expect((await messages.next()).data).toBe('hello')
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(messages.size).toBe(0)
})

test.each([
  [1000, false],
  [1001, true],
  [1008, false],
  [1011, true],
  [4000, true],
])('after the close code %i it tries again: %s', async (code, again) => {
  const { url } = await startServer({ open: (socket) => socket.close(code) })
  const { states } = start(url)
  expect(await states.take(2)).toEqual(['open', again ? 'waiting' : 'closed'])
})

test.each([
  [401, false],
  [404, false],
  [408, true],
  [429, true],
  [503, true],
])('after the refusal %i it tries again: %s', async (status, again) => {
  const { url } = await startServer({ upgrade: () => ({ status }) })
  const errors = new Queue<{ status?: number }>()
  const { states } = start(url, { connectError: (error) => errors.push(error) })
  expect((await errors.next()).status).toBe(status)
  expect(await states.next()).toBe(again ? 'waiting' : 'closed')
})

test('the retry option decides instead', async () => {
  const { url } = await startServer({ open: (socket) => socket.close(1011, 'why') })
  const reasons: unknown[] = []
  const { states } = start(url, {
    retry(reason) {
      reasons.push(reason)
      return reasons.length < 2
    },
  })
  const all: string[] = []
  while (all.at(-1) !== 'closed') all.push(await states.next())
  expect(reasons).toEqual([
    { code: 1011, reason: 'why' },
    { code: 1011, reason: 'why' },
  ])
})

test('compresses on each of its connections, with a new window each time', async () => {
  const { url, opened, messages, server } = await startServer({ perMessageDeflate: true })
  const { link, states } = start(url, { perMessageDeflate: { threshold: 0 }, stableAfter: 0 })
  const text = 'again and '.repeat(10_000)
  for (let i = 0; i < 3; i++) {
    expect(await states.next()).toBe('open')
    expect(link.socket?.responseHeaders?.['sec-websocket-extensions']).toMatch(/^permessage-deflate/)
    for (let j = 0; j < 2; j++) link.send(text)
    for (let j = 0; j < 2; j++) expect((await messages.next()).data === text).toBe(true)
    ;(await opened.next()).terminate()
    await states.take(2)
  }
  expect(server.stats().bytesReceived).toBeLessThan(text.length)
})

test('compresses what it is told to, be it sent at once or when it has waited', async () => {
  const { url, messages, server } = await startServer({ perMessageDeflate: true })
  const { link, states } = start(url, { perMessageDeflate: true, maxQueue: 10_000 })
  const belowThreshold = 'again and '.repeat(100)
  const rounds = 8
  for (let i = 0; i < rounds; i++) expect(link.send(belowThreshold, { compress: true })).toBe('queued')
  await states.next()
  for (let i = 0; i < rounds; i++) expect(link.send(belowThreshold, { compress: true })).toBe('sent')
  for (let i = 0; i < 2 * rounds; i++) expect((await messages.next()).data).toBe(belowThreshold)
  expect(server.stats().bytesReceived).toBeLessThan(2 * belowThreshold.length)
})

test('the URL is asked for each time, and may take its time', async () => {
  const { url, opened } = await startServer()
  let count = 0
  const { states } = start(async () => `${url}/?token=${++count}`)
  await states.next()
  ;(await opened.next()).terminate()
  await opened.next()
  expect(count).toBe(2)
})

test('a URL that is wrong closes it', async () => {
  const errors = new Queue<Error>()
  const { states } = start('ftp://x', { connectError: (error) => errors.push(error) })
  expect((await errors.next()).message).toContain('ftp:')
  expect(await states.next()).toBe('closed')
})

test('close ends it in every state, and nothing follows', async () => {
  const { url, opened, closed } = await startServer()
  const connecting = start(url)
  connecting.link.close()
  expect(connecting.link.state).toBe('closed')
  const open = start(url)
  await open.states.next()
  await opened.next()
  open.link.close(4001, 'enough')
  expect(await closed.next()).toMatchObject({ code: 4001, reason: 'enough' })
  const waiting = start(`ws://127.0.0.1:${await unusedPort()}`, { minDelay: 10_000, maxDelay: 10_000 })
  expect(await waiting.states.next()).toBe('waiting')
  waiting.link.close()
  await new Promise((resolve) => setTimeout(resolve, 30))
  for (const { link, states } of [connecting, open, waiting]) {
    expect(link.state).toBe('closed')
    expect(states.size).toBe(1)
  }
})

test('a signal ends it too', async () => {
  const { url, closed } = await startServer()
  const controller = new AbortController()
  const { link, states } = start(url, { signal: controller.signal })
  await states.next()
  controller.abort()
  expect(link.state).toBe('closed')
  expect((await closed.next()).code).toBe(1006)
  expect(() => new ReconnectingSocket(url, { signal: controller.signal })).toThrow()
})

test('numbers out of range are refused', () => {
  for (const options of [{ minDelay: 0 }, { maxQueue: -1 }, { stableAfter: 0.5 }, { maxAttempts: -1 }]) {
    expect(() => new ReconnectingSocket('ws://x', options)).toThrow(RangeError)
  }
  expect(() => new ReconnectingSocket('ws://x', { retry: true as never })).toThrow(TypeError)
})
