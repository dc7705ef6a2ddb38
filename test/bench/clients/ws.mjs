// The client of the npm package `ws` at its fastest, as a load generator with wsload's options.

// `ws` falls back to plain JavaScript without a word when bufferutil is missing; this import fails instead.
import 'bufferutil'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { deflate, drive } from './drive.mjs'

await drive((answer) => async (url) => {
  const socket = new WebSocket(url, { perMessageDeflate: deflate, rejectUnauthorized: false })
  socket.on('message', (echo) => answer(socket, echo))
  await once(socket, 'open')
  return socket
})
