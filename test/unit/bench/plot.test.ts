import { expect, test } from 'vitest'
import { linePlot, rowPlot } from '../../bench/plot.mjs'

const fixed = (value: number) => ({ median: value, min: value, max: value })

/** The attributes of each element of this name, numbers as numbers. */
function elements(svg: string, name: string): Record<string, string | number>[] {
  return [...svg.matchAll(new RegExp(`<${name}((?: [\\w:-]+="[^"]*")*)`, 'g'))].map(([, attributes = '']) =>
    Object.fromEntries(
      [...attributes.matchAll(/ ([\w:-]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [
        key,
        Number.isNaN(Number(value)) ? value : Number(value),
      ]),
    ),
  )
}

/** The points of the figures: those of the legend lie above the plot. */
const points = (svg: string) => elements(svg, 'circle').filter(({ cy }) => (cy as number) > 50)

test('rows: equal ratios are equal distances, and each row has its height', () => {
  const svg = rowPlot({
    title: 't',
    axis: 'a',
    names: ['first', 'second'],
    series: [
      { name: 'one', values: [fixed(1), fixed(10)] },
      { name: 'other', values: [fixed(100), undefined] },
    ],
  })
  const [one, ten, hundred, ...more] = points(svg) as { cx: number; cy: number }[]
  expect(more).toEqual([])
  expect(ten.cx - one.cx).toBeCloseTo(hundred.cx - ten.cx, 1)
  expect(ten.cx).toBeGreaterThan(one.cx)
  expect(hundred.cy).toBe(one.cy)
  expect(ten.cy).toBeGreaterThan(one.cy)
})

test('rows: the range goes from the least to the greatest value', () => {
  const values = [{ median: 2, min: 1, max: 100 }, fixed(1), fixed(100)]
  const svg = rowPlot({ title: 't', axis: 'a', names: ['a', 'b', 'c'], series: [{ name: 's', values }] })
  const [, least, greatest] = points(svg)
  const [range] = elements(svg, 'line').filter((line) => line['stroke-width'] === 2)
  expect([range?.x1, range?.x2]).toEqual([least?.cx, greatest?.cx])
})

test('lines: figures begin at 0 at the bottom, greater ones are higher', () => {
  const svg = linePlot({
    title: 't',
    across: 'connections',
    counts: [10, 100, 1000],
    up: 'µs',
    series: [{ name: 's', values: [fixed(0), fixed(2), fixed(4)] }],
  })
  const [none, two, four] = points(svg) as { cx: number; cy: number }[]
  expect(none.cy - two.cy).toBeCloseTo(two.cy - four.cy, 1)
  expect(two.cy).toBeLessThan(none.cy)
  expect(two.cx - none.cx).toBeCloseTo(four.cx - two.cx, 1)
  expect(elements(svg, 'polyline')[0]?.points).toBe(
    [none, two, four].map(({ cx, cy }) => `${cx.toFixed(2)},${cy.toFixed(2)}`).join(' '),
  )
})

test('names are escaped', () => {
  const series = [{ name: 'a & b', values: [fixed(1), fixed(2)] }]
  const svg = rowPlot({ title: '<p50>', axis: 'a', names: ['x', 'y'], series })
  expect(svg).toContain('<title>&lt;p50></title>')
  expect(svg).toContain('a &amp; b')
})
