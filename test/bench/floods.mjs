// What a bystander and libuv's loop meet while other connections flood a server: the loads of scripts/bench-floods.mjs.
// Everything of a flood is made beforehand, so that one core of flooders keeps one core of a server busy.

import { connect } from 'node:net'
import { constants, deflateRawSync } from 'node:zlib'

const maskingKey = Buffer.from([1, 2, 3, 4])

/**
 * A client's frame.
 * @param {number} opcode with its flags, as the first byte has them
 * @param {Buffer} payload
 */
function frame(opcode, payload) {
  const { length } = payload
  const long = length > 0xffff
  const header = Buffer.alloc(length < 126 ? 2 : long ? 10 : 4)
  header[0] = opcode
  header[1] = 0x80 | (length < 126 ? length : long ? 127 : 126)
  if (long) header.writeBigUInt64BE(BigInt(length), 2)
  else if (length >= 126) header.writeUInt16BE(length, 2)
  const masked = Buffer.from(payload)
  for (let i = 0; i < length; i++)
    masked[i] = /** @type {number} */ (masked[i]) ^ /** @type {number} */ (maskingKey[i % 4])
  return Buffer.concat([header, maskingKey, masked])
}

/**
 * @param {Buffer} unit
 * @param {number} bytesMin
 */
function repeated(unit, bytesMin) {
  return Buffer.concat(Array.from({ length: Math.ceil(bytesMin / unit.length) }, () => unit))
}

// RFC 7692 §7.2.1: a message ends with the header of an empty block, whose other four bytes are left out.
const emptyBlock = Buffer.from('000000ffff', 'hex')
const lastHeader = emptyBlock.subarray(0, 1)
const bomb = () => deflateRawSync(Buffer.alloc(16 * MIB - 1), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)

const FIN = 0x80
const RSV1 = 0x40
const TEXT = 1
const BINARY = 2
const PING = 9
const MIB = 1 << 20

/** @type {Record<string, { connections: number, bytes: () => Buffer, deflate?: boolean }>} */
export const FLOODS = {
  'empty messages × 64': { connections: 64, bytes: () => repeated(frame(FIN | TEXT, Buffer.alloc(0)), MIB) },
  'two bytes of UTF-8 × 600': { connections: 600, bytes: () => repeated(frame(FIN | TEXT, Buffer.from('é')), MIB) },
  'pings × 64': { connections: 64, bytes: () => repeated(frame(FIN | PING, Buffer.alloc(0)), MIB) },
  'blocks of deflate without a byte × 4': {
    connections: 4,
    deflate: true,
    bytes: () => frame(FIN | RSV1 | BINARY, Buffer.concat([repeated(emptyBlock, 16 * MIB), lastHeader])),
  },
  'compressed bombs × 16': {
    connections: 16,
    deflate: true,
    bytes: () => repeated(frame(FIN | RSV1 | BINARY, bomb()), MIB),
  },
}

const upgrade = (/** @type {boolean | undefined} */ deflate) =>
  `GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n${deflate ? 'Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n' : ''}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`

/**
 * Floods for ever, and reads nothing but what makes room.
 * @param {number} port
 * @param {keyof typeof FLOODS} name
 */
export async function flood(port, name) {
  const { connections, bytes, deflate } = /** @type {(typeof FLOODS)[string]} */ (FLOODS[name])
  const chunk = bytes()
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = await open(port, upgrade(deflate))
      const more = () => {
        while (socket.writable && socket.write(chunk));
      }
      socket.on('drain', more)
      socket.on('error', (error) => console.error(`flooder: ${error.message}`))
      socket.on('close', () => console.error('flooder: closed'))
      more()
    }),
  )
}

/**
 * @param {number} port
 * @param {string} request
 * @returns {Promise<import('node:net').Socket>}
 */
function open(port, request) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    socket.once('error', reject)
    socket.write(request)
    socket.once('data', () => {
      socket.removeListener('error', reject)
      resolve(socket.resume())
    })
  })
}

/**
 * An echo every few milliseconds.
 * @param {number} port
 * @param {number} seconds
 * @returns {Promise<number[]>} milliseconds that each took, the shortest first
 */
export async function standBy(port, seconds) {
  const socket = await open(port, upgrade(false))
  const message = frame(FIN | TEXT, Buffer.from('bystander'))
  /** @type {number[]} */
  const took = []
  const end = performance.now() + seconds * 1000
  while (performance.now() < end) {
    const start = performance.now()
    socket.write(message)
    await new Promise((resolve) => socket.once('data', resolve))
    took.push(performance.now() - start)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  socket.destroy()
  return took.sort((a, b) => a - b)
}
