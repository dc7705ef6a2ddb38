// Ours: an echo server on the built package, for the benchmark. Takes the port as its argument.

import { serve } from '../../../dist/index.js'

await serve({
  host: '127.0.0.1',
  port: Number(process.argv[2]),
  message(socket, data) {
    socket.send(data)
  },
})
console.log('ready')
