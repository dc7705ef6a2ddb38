import { expect, test } from 'vitest'
import { listeningLine } from '../../lib/cli/serve/listening-line.js'

const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i)

test.each([
  ['127.0.0.1', [8888], 'listening on ws://127.0.0.1:8888'],
  ['127.0.0.1', range(8888, 8987), 'listening on ws://127.0.0.1:8888-8987 (100 ports)'],
  ['127.0.0.1', [8888, ...range(9000, 9010)], 'listening on ws://127.0.0.1:8888,9000-9010 (12 ports)'],
  ['127.0.0.1', [9001, 9000], 'listening on ws://127.0.0.1:9001,9000 (2 ports)'],
  ['::1', [8888], 'listening on ws://[::1]:8888'],
  ['localhost', [80], 'listening on ws://localhost:80'],
])('%s %j', (host, ports, line) => {
  expect(listeningLine({ host, ports, secure: false })).toBe(line)
  expect(listeningLine({ host, ports, secure: true })).toBe(line.replace('ws:', 'wss:'))
})
