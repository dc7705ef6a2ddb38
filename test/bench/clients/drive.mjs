// What the clients written in JavaScript have in common with wsload: its options and its result, as far as messages that go
// round need them.

import { readdirSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    host: { type: 'string', short: 'h', default: '127.0.0.1' },
    port: { type: 'string', short: 'p' },
    connections: { type: 'string', short: 'c', default: '100' },
    depth: { type: 'string', short: 'd', default: '1' },
    size: { type: 'string', short: 's', default: '32' },
    seconds: { type: 'string', short: 't', default: '5' },
    warmup: { type: 'string', short: 'w', default: '1' },
    binary: { type: 'boolean', short: 'b', default: false },
    tls: { type: 'boolean', short: 'S', default: false },
    deflate: { type: 'boolean', short: 'z', default: false }, // with JSON, as what is all alike is no measure
    json: { type: 'boolean', short: 'j' }, // which is all we print
    server: { type: 'string', short: 'P' },
  },
})

/** Whether the client is to offer compression. */
export const deflate = values.deflate

const pause = (/** @type {string} */ seconds) => new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000))

/**
 * Answers each echo with the next message, and prints what that cost this process.
 * @param {(answer: (socket: Socket, echo: string | Buffer) => void) => (url: string) => Promise<Socket>} client Makes the
 *   function that connects; `answer` is to be called for each message.
 * @typedef {{ send(data: string | Buffer): void, terminate(): void }} Socket
 */
export async function drive(client) {
  const size = Number(values.size)
  const payloads = (values.deflate ? jsonTexts(size, 64) : ['x'.repeat(size)]).map((text) =>
    values.binary ? Buffer.from(text) : text,
  )
  let count = 0
  const connect = client((socket, echo) => {
    if (echo.length !== size) throw new Error(`an echo of ${echo.length} bytes came`)
    socket.send(payloads[count++ % payloads.length])
  })
  const url = `${values.tls ? 'wss' : 'ws'}://${values.host}:${values.port}/`
  const sockets = await Promise.all(Array.from({ length: Number(values.connections) }, () => connect(url)))
  for (const socket of sockets)
    for (let i = 0; i < Number(values.depth); i++) socket.send(payloads[i % payloads.length])

  await pause(values.warmup)
  const [cpuBefore, serverCpuBefore, countBefore, begin] = [process.cpuUsage(), serverCpuUs(), count, performance.now()]
  await pause(values.seconds)
  const { user, system } = process.cpuUsage(cpuBefore)
  const serverCpu = serverCpuUs() - serverCpuBefore
  const messages = count - countBefore
  const seconds = (performance.now() - begin) / 1000
  for (const socket of sockets) socket.terminate()
  if (messages === 0) throw new Error('nothing came back')
  const result = {
    seconds,
    clientCpuShare: (user + system) / 1e6 / seconds,
    messages,
    messagesPerSecond: messages / seconds,
    clientCpuUsPerMessage: (user + system) / messages,
    serverCpuUsPerMessage: serverCpu / messages,
  }
  console.log(JSON.stringify(result))
}

/** Of all its threads, from their schedulers, which count nanoseconds. */
function serverCpuUs() {
  const tasks = `/proc/${values.server}/task`
  if (!values.server) return 0
  return readdirSync(tasks).reduce((sum, task) => {
    const [ran = '0'] = readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')
    return sum + Number(ran) / 1000
  }, 0)
}

/**
 * Trades, as an exchange would report them.
 * @param {number} size Of each text.
 * @param {number} count Of texts, no two alike.
 */
function jsonTexts(size, count) {
  let state = 1
  const random = (/** @type {number} */ below) => {
    state = (state * 48_271) % 0x7fffffff
    return state % below
  }
  const trade = () => ({
    type: 'trade',
    id: random(1e9),
    price: (random(1e5) / 100).toFixed(2),
    quantity: random(100),
    user: ['alice', 'bob', 'carol', 'dave', 'erin'][random(5)],
    time: new Date(1.7e12 + random(1e9)).toISOString(),
    tags: ['spot', ['buy', 'sell'][random(2)]],
  })
  return Array.from({ length: count }, () => {
    let text = ''
    while (text.length < size) text += `${JSON.stringify(trade())}\n`
    return text.slice(0, size)
  })
}
