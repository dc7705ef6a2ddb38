// The rows of the benchmark: what load each puts on a server, what it measures there, and what we promise.

/** @typedef {import('./load-generator.mjs').Load} Load */

/**
 * @typedef {object} Metric
 * @property {keyof import('./load-generator.mjs').LoadResult} field Where it stands in the generator's result.
 * @property {string} unit As the table prints it.
 * @property {boolean} [needsFreshServer] Only a process that has never had connections shows it truthfully.
 */

/**
 * All of them are costs: less is better.
 * @type {Record<'cpuPerMessage' | 'cpuPerHandshake' | 'memoryPerConnection', Metric>}
 */
export const METRICS = {
  cpuPerMessage: { field: 'serverCpuUsPerMessage', unit: 'µs/msg' },
  cpuPerHandshake: { field: 'serverCpuUsPerHandshake', unit: 'µs/handshake' },
  memoryPerConnection: { field: 'serverRssBytesPerConnection', unit: 'B/connection', needsFreshServer: true },
}

/**
 * @typedef {object} Targets
 * @property {number} [toYardstick] Our cost divided by the yardstick's is at most this.
 * @property {number} [wsToOurs] The cost of `ws` divided by ours is at least this.
 */

/**
 * @typedef {object} Workload
 * @property {string} name Connections × messages in flight on each; also what `--only` takes.
 * @property {Load} load
 * @property {keyof typeof METRICS} metric
 * @property {Targets} targets
 */

/** @type {readonly Workload[]} */
export const WORKLOADS = [
  {
    name: '32 B binary 100×16',
    load: { mode: 'echo', payloadBytes: 32, binary: true, connections: 100, depth: 16 },
    metric: 'cpuPerMessage',
    targets: { toYardstick: 1.3, wsToOurs: 8 },
  },
  {
    name: '32 B text 100×16',
    load: { mode: 'echo', payloadBytes: 32, connections: 100, depth: 16 },
    metric: 'cpuPerMessage',
    targets: { toYardstick: 1.3, wsToOurs: 8 },
  },
  {
    // With one message in flight the kernel's TCP path is nearly all of the cost.
    name: '32 B text 1000×1',
    load: { mode: 'echo', payloadBytes: 32, connections: 1000, depth: 1 },
    metric: 'cpuPerMessage',
    targets: { toYardstick: 1.1 },
  },
]
