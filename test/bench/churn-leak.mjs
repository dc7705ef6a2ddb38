// Opens and closes many connections, in every way a connection can end, and fails when descriptors remain or memory has
// grown. Run it after `npm run build`: node test/bench/churn-leak.mjs [connections, default 100000]

import { readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { serve } from '../../dist/index.js'

// The allocators keep some of what they had at the peak. A connection that leaked its smallest part, a hundred bytes,
// would show as 10 MB.
const growthMaxBytes = 8 << 20
const batchSize = 200

const request = Buffer.from(
  'GET /churn?x=1 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
)
const masked = (first, payload) =>
  Buffer.concat([Buffer.from([first, 0x80 | payload.length, 0, 0, 0, 0]), Buffer.from(payload)])
const closeFrame = masked(0x88, [0x03, 0xe8])
const endings = [
  (socket) => socket.write(closeFrame),
  (socket) => socket.write(Buffer.concat([masked(0x81, 'echo me'), closeFrame])),
  (socket) => socket.write(masked(0x81, 'close')) && socket.once('data', () => socket.write(closeFrame)),
  (socket) => socket.write(masked(0x81, 'terminate')),
  (socket) => socket.write(masked(0x81, 'much')) && socket.pause() && setImmediate(() => socket.destroy()),
  (socket) => socket.write(Buffer.from([0xff, 0xff])),
  (socket) => socket.write(masked(0x01, 'a message cut short')) && socket.end(),
  (socket) => socket.resetAndDestroy(),
]

/** Opens one connection, ends it in the way of its number, and resolves when it is gone. */
function churn(port, number) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.on('connect', () => socket.write(request))
    socket.once('data', () => endings[number % endings.length](socket))
    socket.on('close', resolve)
  })
}

// The clients live in a thread whose memory is measured with the server's, so it ends before each measurement.
async function clients(port, count) {
  const worker = new Worker(new URL(import.meta.url), { workerData: { port, count } })
  await new Promise((resolve, reject) => worker.once('error', reject).once('exit', resolve))
}

if (!isMainThread) {
  const { port, count } = workerData
  for (let done = 0; done < count; done += batchSize) {
    const size = Math.min(batchSize, count - done)
    await Promise.all(Array.from({ length: size }, (_, i) => churn(port, done + i)))
  }
  parentPort.close()
} else {
  const count = Number(process.argv[2] ?? 100_000)
  const counts = { open: 0, close: 0 }
  const large = Buffer.alloc(1 << 20)
  const server = await serve({
    port: 0,
    host: '127.0.0.1',
    closeTimeout: 500,
    upgrade: async (request) => ({ data: request.query.get('x') }),
    open: () => void counts.open++,
    message(socket, data) {
      if (data === 'close') socket.close(1000, 'as asked')
      else if (data === 'terminate') socket.terminate()
      else if (data === 'much') socket.send(large)
      else socket.send(data)
    },
    close: () => void counts.close++,
  })
  const measure = async () => {
    while (server.connections > 0) await new Promise((resolve) => setTimeout(resolve, 10))
    await new Promise((resolve) => setTimeout(resolve, 2500)) // connections that only linger
    for (let i = 0; i < 3; i++) globalThis.gc?.()
    return { rss: process.memoryUsage.rss(), descriptors: readdirSync('/proc/self/fd').length }
  }
  await clients(server.ports[0], Math.max(2000, count / 4))
  const before = await measure()
  await clients(server.ports[0], count)
  const after = await measure()
  const growth = after.rss - before.rss
  const mb = (bytes) => `${(bytes / (1 << 20)).toFixed(1)} MB`
  console.log(`${count} connections, ${counts.open} opened and ${counts.close} closed in all`)
  console.log(`descriptors  ${before.descriptors} before, ${after.descriptors} after`)
  console.log(
    `RSS          ${mb(before.rss)} before, ${mb(after.rss)} after: ${mb(growth)} of ${mb(growthMaxBytes)} allowed`,
  )
  await server.close()
  if (after.descriptors > before.descriptors) fail('descriptors remain')
  if (growth > growthMaxBytes) fail('memory has grown')
  if (counts.open !== counts.close) fail('not every open had its close')
}

function fail(what) {
  console.error(`churn-leak: ${what}`)
  process.exitCode = 1
}
