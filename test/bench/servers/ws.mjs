// The npm package `ws` at its fastest: bufferutil, and no compression but with --deflate. Takes the port, and the names of the
// handlers that count beside the echo. With --cert and --key it is on a server of node:https.

// `ws` falls back to plain JavaScript without a word when bufferutil is missing; this import fails instead.
import 'bufferutil'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { parseArgs } from 'node:util'
import { WebSocketServer } from 'ws'

const { values, positionals } = parseArgs({
  options: { cert: { type: 'string' }, key: { type: 'string' }, deflate: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const [port, ...counting] = positionals
const counts = { open: 0, close: 0 }
const countsClose = counting.includes('close')

const address = { host: '127.0.0.1', port: Number(port) }
const { cert, key } = values
const https = cert && createServer({ cert: readFileSync(cert), key: readFileSync(key) }).listen(address)
const server = new WebSocketServer({ ...(https ? { server: https } : address), perMessageDeflate: values.deflate })
server.on('connection', (ws) => {
  counts.open++
  ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }))
  if (countsClose) ws.on('close', () => void counts.close++)
  // A client that resets its connection is no fault of the server's, and no reason to end.
  ws.on('error', () => {})
})
server.on('listening', () => console.log('ready'))
