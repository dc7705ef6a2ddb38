// Our own client as a load generator: each echo is answered with the next message. Prints its CPU time per message in µs,
// to be held against that of wsload.
//   node test/bench/clients/ntyws.mjs URL [CONNECTIONS] [DEPTH] [BYTES] [SECONDS]

import { connect } from '../../../dist/index.js'

const [url, connectionCount = '100', depth = '16', bytes = '32', seconds = '5'] = process.argv.slice(2)
const payload = 'x'.repeat(Number(bytes))
let count = 0
const handlers = {
  tls: { rejectUnauthorized: false },
  message(socket, data) {
    if (data.length !== payload.length) throw new Error(`an echo of ${data.length} bytes came`)
    count++
    socket.send(payload)
  },
}
const sockets = await Promise.all(Array.from({ length: Number(connectionCount) }, () => connect(url, handlers)))
for (const socket of sockets) for (let i = 0; i < Number(depth); i++) socket.send(payload)

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
await pause(1000)
const [cpuBefore, countBefore, begin] = [process.cpuUsage(), count, performance.now()]
await pause(Number(seconds) * 1000)
const { user, system } = process.cpuUsage(cpuBefore)
const messages = count - countBefore
const perSecond = Math.round(messages / ((performance.now() - begin) / 1000))
console.log(JSON.stringify({ messages, perSecond, cpuMicrosecondsPerMessage: (user + system) / messages }))
for (const socket of sockets) socket.terminate()
