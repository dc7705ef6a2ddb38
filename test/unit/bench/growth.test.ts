import { expect, test } from 'vitest'
import { summarizeGrowth } from '../../bench/growth.mjs'
import { formatGrowth } from '../../bench/table.mjs'

const result = (serverCpuUsPerMessage: number, mib: number) => ({
  seconds: 1,
  serverCpuUsPerMessage,
  serverRssBytes: mib * 1024 * 1024,
})
const growth = {
  of: 'ports',
  counts: [1, 1000],
  shape: (portCount: number) => ({ connections: 1, portCount }),
} as const
const rounds = [
  [
    { yardstick: result(1, 5), ntyws: result(2, 50) },
    { yardstick: result(3, 5), ntyws: result(2.5, 52) },
    { yardstick: result(2, 5), ntyws: result(9, 51) },
  ],
  [{ yardstick: result(1, 6), ntyws: result(4, 60) }],
]

test('has a spread of cost and of memory for each count', () => {
  const { series } = summarizeGrowth(growth, rounds)
  expect(series.yardstick.costUs).toEqual([
    { median: 2, min: 1, max: 3 },
    { median: 1, min: 1, max: 1 },
  ])
  expect(series.ntyws.rssMiB).toEqual([
    { median: 51, min: 50, max: 52 },
    { median: 60, min: 60, max: 60 },
  ])
})

test('is a table with a line for each count', () => {
  expect(formatGrowth([summarizeGrowth(growth, rounds)]).split('\n')).toEqual([
    '| ports | yardstick, µs/msg | ours, µs/msg | yardstick, MiB | ours, MiB |',
    '| --: | --: | --: | --: | --: |',
    '| 1 | 2.00 (1.00–3.00) | 2.50 (2.00–9.00) | 5.00 (5.00–5.00) | 51.0 (50.0–52.0) |',
    '| 1,000 | 1.00 (1.00–1.00) | 4.00 (4.00–4.00) | 6.00 (6.00–6.00) | 60.0 (60.0–60.0) |',
    '',
  ])
})
