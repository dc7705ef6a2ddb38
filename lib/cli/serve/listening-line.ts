// The line that says where the server listens.

import type { Server } from '../../index.js'

/** For example `listening on ws://127.0.0.1:8888,9000-9010 (12 ports)`. */
export function listeningLine({ host, ports, secure }: Pick<Server, 'host' | 'ports' | 'secure'>): string {
  const authority = host.includes(':') ? `[${host}]` : host
  const count = ports.length > 1 ? ` (${ports.length} ports)` : ''
  return `listening on ${secure ? 'wss' : 'ws'}://${authority}:${formatPorts(ports)}${count}`
}

/** Ports in their order, runs that count up by one as ranges. */
function formatPorts(ports: readonly number[]): string {
  const runs: { first: number; last: number }[] = []
  for (const port of ports) {
    const run = runs.at(-1)
    if (run?.last === port - 1) run.last = port
    else runs.push({ first: port, last: port })
  }
  return runs.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(',')
}
