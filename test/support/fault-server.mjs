// A server in a process of its own, to be hurt. Its options come as the source of a module's default export, which can use
// `server`, `connect`, `others(socket)`, the open sockets but that one, and `note(value)`, which the parent gets to see; what
// is not given there echoes. It answers its parent over IPC.
import { readdirSync } from 'node:fs'
import { connect, serve } from 'ntyws'

const open = new Set()
const uncaught = []
const notes = []
let opened = 0
let closed = 0
process.on('uncaughtException', (error) => uncaught.push(error.message))
globalThis.note = (value) => void notes.push(value)
globalThis.connect = connect
globalThis.others = (socket) => [...open].filter((other) => other !== socket)

const { default: options } = await import(`data:text/javascript,${encodeURIComponent(process.argv[2])}`)
const server = await serve({
  port: 0,
  host: '127.0.0.1',
  message: (socket, data) => void socket.send(data),
  ...options,
  open(socket) {
    opened++
    open.add(socket)
    options.open?.(socket)
  },
  close(socket, code, reason) {
    closed++
    open.delete(socket)
    options.close?.(socket, code, reason)
  },
})
globalThis.server = server

const orders = {
  state: () => ({
    opened,
    closed,
    uncaught,
    notes,
    connections: server.connections,
    descriptors: readdirSync('/proc/self/fd').length,
    timers: process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length,
    memory: process.memoryUsage.rss(),
    messagesSent: server.stats().messagesSent,
  }),
  async close() {
    await server.close()
    process.disconnect() // nothing is left that keeps the process going
  },
}
process.on('message', async (order) => {
  const answer = await orders[order]()
  if (answer) process.send(answer)
})
process.send(server.ports)
