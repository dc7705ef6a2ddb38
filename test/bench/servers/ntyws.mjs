// Ours: an echo server on the built package, for the benchmark. Takes the port, or a range of ports, and the names of the
// handlers that count beside the echo; `view` is the binaryType. With --cert and --key it speaks TLS, with --deflate
// it compresses.

import { parseArgs } from 'node:util'
import { serve } from '../../../dist/index.js'

const { values, positionals } = parseArgs({
  options: { cert: { type: 'string' }, key: { type: 'string' }, deflate: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const [port, ...names] = positionals
const counts = { open: 0, close: 0 }
const counters = { open: () => void counts.open++, close: () => void counts.close++ }

await serve({
  host: '127.0.0.1',
  port,
  tls: values.cert ? values : undefined,
  message(socket, data) {
    socket.send(data)
  },
  perMessageDeflate: values.deflate,
  binaryType: names.includes('view') ? 'view' : 'nodebuffer',
  ...Object.fromEntries(names.filter((name) => name in counters).map((name) => [name, counters[name]])),
})
console.log('ready')
