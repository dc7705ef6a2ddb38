// What the clients written in JavaScript have in common with wsload: its options and its result, as far as messages that go
// round need them.

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
    json: { type: 'boolean', short: 'j' }, // which is all we print
    server: { type: 'string', short: 'P' }, // whose usage we do not report
  },
})

const pause = (/** @type {string} */ seconds) => new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000))

/**
 * Answers each echo with the next message, and prints what that cost this process.
 * @param {(answer: (socket: Socket, echo: string | Buffer) => void) => (url: string) => Promise<Socket>} client Makes the
 *   function that connects; `answer` is to be called for each message.
 * @typedef {{ send(data: string | Buffer): void, terminate(): void }} Socket
 */
export async function drive(client) {
  const text = 'x'.repeat(Number(values.size))
  const payload = values.binary ? Buffer.from(text) : text
  let count = 0
  const connect = client((socket, echo) => {
    if (echo.length !== payload.length) throw new Error(`an echo of ${echo.length} bytes came`)
    count++
    socket.send(payload)
  })
  const url = `${values.tls ? 'wss' : 'ws'}://${values.host}:${values.port}/`
  const sockets = await Promise.all(Array.from({ length: Number(values.connections) }, () => connect(url)))
  for (const socket of sockets) for (let i = 0; i < Number(values.depth); i++) socket.send(payload)

  await pause(values.warmup)
  const [cpuBefore, countBefore, begin] = [process.cpuUsage(), count, performance.now()]
  await pause(values.seconds)
  const { user, system } = process.cpuUsage(cpuBefore)
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
  }
  console.log(JSON.stringify(result))
}
