// A handler module for the workers of serveWorkers(): answers with the thread it runs in, and dies as it is told.
import { threadId } from 'node:worker_threads'

export const closeTimeout = 300
export const port = 0
export const host = '127.0.0.1'

setInterval(() => {}, 1000) // what a module leaves running does not keep its worker

export function message(socket, data) {
  if (data === 'exit') process.exit(7)
  if (data === 'throw') throw new RangeError('thrown in a handler')
  if (data === 'spin') for (;;);
  socket.send(data === 'who' ? `${threadId}` : data)
}
