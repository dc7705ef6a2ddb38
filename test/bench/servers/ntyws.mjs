// Ours: an echo server on the built package, for the benchmark. Takes the port, or a range of ports, and the names of the
// handlers that count beside the echo; `view` is the binaryType.

import { serve } from '../../../dist/index.js'

const [port, ...names] = process.argv.slice(2)
const counts = { open: 0, close: 0 }
const counters = { open: () => void counts.open++, close: () => void counts.close++ }

await serve({
  host: '127.0.0.1',
  port,
  message(socket, data) {
    socket.send(data)
  },
  binaryType: names.includes('view') ? 'view' : 'nodebuffer',
  ...Object.fromEntries(names.filter((name) => name in counters).map((name) => [name, counters[name]])),
})
console.log('ready')
