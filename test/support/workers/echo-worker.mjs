// A worker thread that serves echoes on a free port and does what its parent asks.
import { parentPort } from 'node:worker_threads'
import { serve } from 'ntyws'

const server = await serve({
  port: 0,
  host: '127.0.0.1',
  message(socket, data) {
    if (data === 'exit') process.exit(5)
    if (data === 'throw') throw new Error('thrown in a worker')
    if (data === 'spin') for (;;);
    socket.send(data)
  },
  close: (_, code) => parentPort.postMessage({ closed: code }),
})
parentPort.on('message', async (order) => {
  if (order !== 'close') return
  await server.close()
  parentPort.postMessage({ stats: server.stats() })
  parentPort.close()
})
parentPort.postMessage({ port: server.ports[0] })
