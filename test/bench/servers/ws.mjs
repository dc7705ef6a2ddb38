// The npm package `ws` at its fastest: bufferutil, and no compression. Takes the port, and the names of the handlers that
// count beside the echo.

// `ws` falls back to plain JavaScript without a word when bufferutil is missing; this import fails instead.
import 'bufferutil'
import { WebSocketServer } from 'ws'

const [port, ...counting] = process.argv.slice(2)
const counts = { open: 0, close: 0 }
const countsClose = counting.includes('close')

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: Number(port),
  perMessageDeflate: false,
})
server.on('connection', (ws) => {
  counts.open++
  ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }))
  if (countsClose) ws.on('close', () => void counts.close++)
  // A client that resets its connection is no fault of the server's, and no reason to end.
  ws.on('error', () => {})
})
server.on('listening', () => console.log('ready'))
