// The npm package `ws` at its fastest: bufferutil, and no compression. Takes the port as its argument.

// `ws` falls back to plain JavaScript without a word when bufferutil is missing; this import fails instead.
import 'bufferutil'
import { WebSocketServer } from 'ws'

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: Number(process.argv[2]),
  perMessageDeflate: false,
})
server.on('connection', (ws) => {
  ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }))
})
server.on('listening', () => console.log('ready'))
