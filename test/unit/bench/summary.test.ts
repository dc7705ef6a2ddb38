import { describe, expect, test } from 'vitest'
import { spread, summarize } from '../../bench/summary.mjs'

const workload = {
  name: 'a row',
  load: { mode: 'echo', connections: 1 },
  metric: 'cpuPerMessage',
  targets: {},
} as const

const result = (serverCpuUsPerMessage: number, latencyP50Us = 10, latencyP99Us = 20) => ({
  seconds: 1,
  serverCpuUsPerMessage,
  latencyP50Us,
  latencyP99Us,
})

describe('spread', () => {
  test('of an odd number of values has the middle one as its median', () => {
    expect(spread([9, 1, 3])).toEqual({ median: 3, min: 1, max: 9 })
  })

  test('of an even number has the mean of the two in the middle', () => {
    expect(spread([10, 1, 3, 5])).toEqual({ median: 4, min: 1, max: 10 })
  })
})

describe('summarize', () => {
  test('takes ratios within each round, so that a slow round counts no more than another', () => {
    const rounds = [
      { yardstick: result(1), ntyws: result(2) },
      { yardstick: result(10), ntyws: result(12) },
      { yardstick: result(1), ntyws: result(1.1) },
    ]
    const [cost] = summarize(workload, rounds).figures
    expect(cost.ntyws).toEqual({ median: 2, min: 1.1, max: 12 })
    expect(cost.oursToYardstick).toEqual({ median: 1.2, min: 1.1, max: 2 })
  })

  test('has latencies beside the cost', () => {
    const rounds = [{ yardstick: result(1, 10, 40), ntyws: result(1, 11, 20) }]
    const { figures } = summarize(workload, rounds)
    expect(figures.map(({ unit, oursToYardstick }) => [unit, oursToYardstick?.median])).toEqual([
      ['µs/msg', 1],
      ['p50 µs', 1.1],
      ['p99 µs', 0.5],
    ])
  })

  test('has no figures that the load does not measure', () => {
    const churn = { ...workload, metric: 'cpuPerHandshake' } as const
    const { figures } = summarize(churn, [{ ntyws: { seconds: 1, serverCpuUsPerHandshake: 30 } }])
    expect(figures.map(({ unit }) => unit)).toEqual(['µs/handshake'])
  })

  test('judges each kind of target, at the limit and beyond it', () => {
    const rounds = [{ yardstick: result(10, 10, 10), ntyws: result(11, 11, 12), ws: result(22, 10, 24) }]
    const targets = {
      cost: { max: 11, toYardstick: 1.1, wsToOurs: 2 },
      p50: { toYardstick: 1.05, wsToOurs: 1 },
      p99: { toYardstick: 1.2, max: 11 },
    }
    const verdicts = summarize({ ...workload, targets }, rounds).figures.map((figure) => figure.verdicts)
    expect(verdicts).toEqual([
      [
        { target: 'ours ≤ 11', value: 11, met: true },
        { target: 'ours/yardstick ≤ 1.1', value: 1.1, met: true },
        { target: 'ws/ours ≥ 2', value: 2, met: true },
      ],
      [
        { target: 'ours/yardstick ≤ 1.05', value: 1.1, met: false },
        { target: 'ws/ours ≥ 1', value: 10 / 11, met: false },
      ],
      [
        { target: 'ours ≤ 11', value: 12, met: false },
        { target: 'ours/yardstick ≤ 1.2', value: 1.2, met: true },
      ],
    ])
  })

  test('does not judge what was not measured', () => {
    const targets = { cost: { toYardstick: 1.1, wsToOurs: 2 } }
    const [cost] = summarize({ ...workload, targets }, [{ yardstick: result(1), ntyws: result(1) }]).figures
    expect(cost.ws).toBeUndefined()
    expect(cost.verdicts).toEqual([
      { target: 'ours/yardstick ≤ 1.1', value: 1, met: true },
      { target: 'ws/ours ≥ 2', value: undefined, met: undefined },
    ])
  })
})
