// The rows of the benchmark: what load each puts on a server, what it measures there, and what we promise.

/** @typedef {import('./load-generator.mjs').Load} Load */

/**
 * @typedef {object} Metric
 * @property {keyof import('./load-generator.mjs').LoadResult} field Where it stands in the generator's result.
 * @property {string} unit As the table prints it.
 * @property {boolean} [comparesClients] It is the cost of those who put the load on our server, which is what the contenders
 *   are then: wsload, our own client, that of `ws`.
 * @property {boolean} [needsFreshServer] Only a process that has never had connections shows it truthfully.
 */

/**
 * All of them are costs: less is better.
 * @type {Record<'cpuPerMessage' | 'clientCpuPerMessage' | 'cpuPerHandshake' | 'memoryPerConnection', Metric>}
 */
export const METRICS = {
  cpuPerMessage: { field: 'serverCpuUsPerMessage', unit: 'µs/msg' },
  clientCpuPerMessage: { field: 'clientCpuUsPerMessage', unit: 'µs/msg of the client', comparesClients: true },
  cpuPerHandshake: { field: 'serverCpuUsPerHandshake', unit: 'µs/handshake' },
  memoryPerConnection: { field: 'serverRssBytesPerConnection', unit: 'B/connection', needsFreshServer: true },
}

/**
 * @typedef {object} Limits
 * @property {number} [toYardstick] Our figure divided by the yardstick's is at most this.
 * @property {number} [wsToOurs] The figure of `ws` divided by ours is at least this.
 * @property {number} [max] Our figure itself is at most this.
 */

/**
 * @typedef {object} Targets
 * @property {Limits} [cost] By the row's metric.
 * @property {Limits} [p50] Of latency.
 * @property {Limits} [p99] Of latency.
 */

/**
 * @typedef {object} Workload
 * @property {string} name Connections × messages in flight on each; also what `--only` takes.
 * @property {Load} load
 * @property {keyof typeof METRICS} metric
 * @property {Targets} targets
 * @property {number} [outsideOpensslMax] Of our server's CPU time, in percent, that is spent neither in OpenSSL nor in the kernel:
 *   at most. For bench:profile.
 * @property {('open' | 'close')[]} [handlers] What the servers written in JavaScript handle beside messages.
 * @property {'view'} [binaryType] Of our server.
 * @property {number} [shareOfMaximumRate] Messages come at this share of the rate that `load` reaches in a closed loop; see
 *   rates.mjs for whose.
 */

// Speed must not be bought with batching: latency stays beside the yardstick's at every load.
const LATENCY = { p50: { toYardstick: 1.1 }, p99: { toYardstick: 1.1 } }

/** @type {readonly Workload[]} */
export const WORKLOADS = [
  {
    name: '32 B binary 100×16',
    load: { mode: 'echo', payloadBytes: 32, binary: true, connections: 100, depth: 16 },
    metric: 'cpuPerMessage',
    targets: { cost: { toYardstick: 1.1, wsToOurs: 15 }, ...LATENCY },
  },
  {
    name: '32 B text 100×16',
    load: { mode: 'echo', payloadBytes: 32, connections: 100, depth: 16 },
    metric: 'cpuPerMessage',
    targets: { cost: { toYardstick: 1.15, wsToOurs: 12 }, ...LATENCY },
  },
  {
    // With one message in flight the kernel's TCP path is nearly all of the cost.
    name: '32 B text 1000×1',
    load: { mode: 'echo', payloadBytes: 32, connections: 1000, depth: 1 },
    metric: 'cpuPerMessage',
    targets: { cost: { toYardstick: 1.03, wsToOurs: 2 }, ...LATENCY },
  },
  {
    name: '32 B text 1×1',
    load: { mode: 'echo', payloadBytes: 32, connections: 1, depth: 1 },
    metric: 'cpuPerMessage',
    targets: {
      cost: { toYardstick: 1.15 },
      p50: { toYardstick: 1.15, wsToOurs: 1 },
      p99: { toYardstick: 1.15, wsToOurs: 1 },
    },
  },
  {
    name: '1 KB text 100×4',
    load: { mode: 'echo', payloadBytes: 1024, connections: 100, depth: 4 },
    metric: 'cpuPerMessage',
    targets: { cost: { toYardstick: 1.15, wsToOurs: 4 }, ...LATENCY },
  },
  {
    name: '16 KB binary 20×4',
    load: { mode: 'echo', payloadBytes: 16 << 10, binary: true, connections: 20, depth: 4 },
    metric: 'cpuPerMessage',
    targets: { cost: { toYardstick: 1.5, wsToOurs: 2.2 }, ...LATENCY },
  },
  {
    name: '16 KB view 20×4',
    load: { mode: 'echo', payloadBytes: 16 << 10, binary: true, connections: 20, depth: 4 },
    metric: 'cpuPerMessage',
    binaryType: 'view',
    targets: { cost: { toYardstick: 1.2, wsToOurs: 2.7 }, ...LATENCY },
  },
  {
    name: '1 MB binary 4×1',
    load: { mode: 'echo', payloadBytes: 1 << 20, binary: true, connections: 4, depth: 1 },
    metric: 'cpuPerMessage',
    targets: { cost: { toYardstick: 1.3, wsToOurs: 1.1 }, ...LATENCY },
  },
  {
    name: '1 MB view 4×1',
    load: { mode: 'echo', payloadBytes: 1 << 20, binary: true, connections: 4, depth: 1 },
    metric: 'cpuPerMessage',
    binaryType: 'view',
    targets: { cost: { toYardstick: 1.1, wsToOurs: 1.3 }, ...LATENCY },
  },
  {
    name: '32 B text, 1000 at half rate',
    load: { mode: 'echo', payloadBytes: 32, connections: 1000, depth: 1 },
    metric: 'cpuPerMessage',
    shareOfMaximumRate: 0.5,
    targets: { p50: { toYardstick: 1.1, wsToOurs: 1 }, p99: { toYardstick: 1.2, wsToOurs: 1 } },
  },
  {
    name: 'open and close 50',
    load: { mode: 'churn', connections: 50 },
    metric: 'cpuPerHandshake',
    handlers: ['open', 'close'],
    targets: { cost: { toYardstick: 1.3, wsToOurs: 2 } },
  },
  {
    name: 'client, 32 B text 100×16',
    load: { mode: 'echo', payloadBytes: 32, connections: 100, depth: 16 },
    metric: 'clientCpuPerMessage',
    targets: { cost: { toYardstick: 1.5 } },
  },
  {
    name: 'idle 18000',
    load: { mode: 'idle', connections: 18_000 },
    metric: 'memoryPerConnection',
    handlers: ['open'],
    targets: { cost: { max: 300, wsToOurs: 20 } },
  },
  {
    name: 'wss 32 B text 100×16',
    load: { mode: 'echo', tls: 'full', payloadBytes: 32, connections: 100, depth: 16 },
    metric: 'cpuPerMessage',
    targets: { cost: { wsToOurs: 3.5 } },
  },
  {
    name: 'wss 32 B text 100×1',
    load: { mode: 'echo', tls: 'full', payloadBytes: 32, connections: 100, depth: 1 },
    metric: 'cpuPerMessage',
    targets: { cost: { wsToOurs: 1.5 } },
  },
  {
    name: 'wss 16 KB binary 20×4',
    load: { mode: 'echo', tls: 'full', payloadBytes: 16 << 10, binary: true, connections: 20, depth: 4 },
    metric: 'cpuPerMessage',
    targets: { cost: { wsToOurs: 1.2 } },
    outsideOpensslMax: 20,
  },
  {
    name: 'wss 1 MB binary 4×1',
    load: { mode: 'echo', tls: 'full', payloadBytes: 1 << 20, binary: true, connections: 4, depth: 1 },
    metric: 'cpuPerMessage',
    targets: { cost: { wsToOurs: 1.2 } },
    outsideOpensslMax: 20,
  },
  {
    name: 'wss open and close 50, full',
    load: { mode: 'churn', tls: 'full', connections: 50 },
    metric: 'cpuPerHandshake',
    handlers: ['open', 'close'],
    targets: { cost: { wsToOurs: 1 } },
  },
  {
    name: 'wss open and close 50, resumed',
    load: { mode: 'churn', tls: 'resumed', connections: 50 },
    metric: 'cpuPerHandshake',
    handlers: ['open', 'close'],
    targets: { cost: { wsToOurs: 1 } },
  },
  {
    name: 'wss idle 5000',
    load: { mode: 'idle', tls: 'full', connections: 5000 },
    metric: 'memoryPerConnection',
    handlers: ['open'],
    targets: {},
  },
]
