import { expect, test } from 'vitest'
import { formatMarkdown, formatNumber, formatTable } from '../../bench/table.mjs'

const fixed = (value: number) => ({ median: value, min: value, max: value })
const rows = [
  {
    name: 'a row',
    rounds: [],
    figures: [
      {
        unit: 'µs/msg',
        yardstick: { median: 0.4, min: 0.3, max: 0.55 },
        ntyws: fixed(0.5),
        oursToYardstick: fixed(1.25),
        verdicts: [
          { target: 'ours/yardstick ≤ 1.1', value: 1.25, met: false },
          { target: 'ours ≤ 1', value: 0.5, met: true },
          { target: 'ws/ours ≥ 2', value: undefined, met: undefined },
        ],
      },
      { unit: 'p50 µs', yardstick: fixed(1234), ntyws: fixed(56.78), oursToYardstick: fixed(0.046), verdicts: [] },
    ],
  },
]

test('text: medians above their ranges, what is left out as a dash, one verdict a line', () => {
  expect(formatTable(rows).split('\n')).toEqual([
    'row    figure    yardstick         ours  ws  ours/yardstick  ws/ours  target',
    '─'.repeat(98),
    'a row  µs/msg        0.400        0.500   –            1.25        –  ours/yardstick ≤ 1.1: MISSED',
    '               0.300–0.550  0.500–0.500           1.25–1.25           ours ≤ 1: met',
    '                                                                      ws/ours ≥ 2: not measured',
    '       p50 µs         1234         56.8   –           0.046        –',
    '                 1234–1234    56.8–56.8         0.046–0.046',
    '',
  ])
})

test('Markdown: a line for each figure', () => {
  expect(formatMarkdown(rows).split('\n')).toEqual([
    '| row | figure | yardstick | ours | ws | ours/yardstick | ws/ours | target |',
    '| --- | --- | --: | --: | --: | --: | --: | --- |',
    '| a row | µs/msg | 0.400<br>0.300–0.550 | 0.500<br>0.500–0.500 | – | 1.25<br>1.25–1.25 | – | ' +
      'ours/yardstick ≤ 1.1: MISSED<br>ours ≤ 1: met<br>ws/ours ≥ 2: not measured |',
    '|  | p50 µs | 1234<br>1234–1234 | 56.8<br>56.8–56.8 | – | 0.046<br>0.046–0.046 | – |  |',
    '',
  ])
})

test.each([
  [0.3312, '0.331'],
  [4.724, '4.72'],
  [16.84, '16.8'],
  [1250.4, '1250'],
])('%d is written %s', (value, text) => {
  expect(formatNumber(value)).toBe(text)
})
