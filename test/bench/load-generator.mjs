// Describes a load and runs it with wsload or a client like it. wsload's options and result fields have their names here.

import { run } from './processes.mjs'

/**
 * @typedef {object} Load
 * @property {'echo' | 'idle' | 'churn'} mode echo: messages go round; idle: connections are held open and
 *   silent; churn: connections are opened and dropped, `connections` at a time.
 * @property {number} connections
 * @property {number} [depth] Messages in flight on each connection. Default 1.
 * @property {number} [payloadBytes] Default 32.
 * @property {boolean} [binary] Default false: text.
 * @property {'full' | 'resumed'} [tls] With TLS 1.3; resumed: every handshake but the first resumes its session, or the run fails.
 * @property {boolean} [deflate] JSON, compressed if the server does so too; not of wsload. Default false.
 * @property {number} [rate] Messages a second over all connections, whatever comes back, in place of `depth` in flight.
 *   Latency then counts from when a message was due.
 */

/**
 * What wsload prints with -j; fields that the mode does not measure are absent.
 * @typedef {object} LoadResult
 * @property {number} seconds
 * @property {number} [clientCpuShare] Of one core, as all shares.
 * @property {number} [clientCpuUsPerMessage]
 * @property {number} [rate] Of the open loop, in messages a second. Fewer came when the server could not keep up.
 * @property {number} [messages]
 * @property {number} [messagesPerSecond]
 * @property {number} [latencyP50Us]
 * @property {number} [latencyP99Us]
 * @property {number} [latencyP999Us]
 * @property {number} [handshakes]
 * @property {number} [handshakesPerSecond]
 * @property {number} [serverCpuShare]
 * @property {number} [serverCpuUsPerMessage]
 * @property {number} [serverCpuUsPerHandshake]
 * @property {number} [serverRssBytes]
 * @property {number} [serverRssBytesPerConnection]
 */

/**
 * @param {string | string[]} generator Path of wsload, or the command of another client that takes its options.
 * @param {import('./processes.mjs').Server} server On the loopback address, which is all we ever load.
 * @param {Load} load
 * @param {{ seconds: number, warmupSeconds: number, core: number | undefined }} timing
 * @returns {Promise<LoadResult>}
 */
export async function putLoad(generator, server, load, { seconds, warmupSeconds, core }) {
  const args = ['-j', '-h', '127.0.0.1', '-p', server.ports, '-P', server.pid, '-c', load.connections]
  args.push('-t', seconds, '-w', warmupSeconds, '-d', load.depth ?? 1, '-s', load.payloadBytes ?? 32)
  if (load.rate) args.push('-r', load.rate)
  if (load.binary) args.push('-b')
  if (load.deflate) args.push('-z')
  if (load.tls) args.push('-S')
  if (load.tls === 'resumed') args.push('-R')
  if (load.mode === 'idle') args.push('-i')
  if (load.mode === 'churn') args.push('-C')
  return JSON.parse(await run([generator, args.map(String)].flat(), core))
}
