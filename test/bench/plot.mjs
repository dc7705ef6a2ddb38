// Draws measurements as SVG: medians as points, from the least to the greatest value as a line through them.

import { scaleLinear, scaleLog } from 'd3-scale'
import { element, escapeText } from './svg.mjs'

/** @typedef {import('./summary.mjs').Spread} Spread */
/** @typedef {import('d3-scale').ScaleContinuousNumeric<number, number>} Scale */

const WIDTH = 760
const MARGIN = { top: 56, right: 24, bottom: 48 }
const ROW_HEIGHT = 30
const LINE_PLOT_HEIGHT = 300
const LEGEND_STEP = 110

// Told apart by those who see no red or no green, too.
const COLOURS = ['#555555', '#0072b2', '#d55e00']
const GRID = '#dddddd'
const FRAME = { 'font-family': 'sans-serif', 'font-size': 12 }

/**
 * A row for each name, all rows on one logarithmic axis.
 * @param {object} plot
 * @param {string} plot.title
 * @param {string} plot.axis What the axis shows.
 * @param {string[]} plot.names
 * @param {{ name: string, values: (Spread | undefined)[] }[]} plot.series A value for each name.
 * @returns {string} Ends with a line break.
 */
export function rowPlot({ title, axis, names, series }) {
  const left = 210
  const bottom = MARGIN.top + names.length * ROW_HEIGHT
  const values = series.flatMap((each) => each.values).filter((value) => value !== undefined)
  const x = scaleLog([...extent(values)], [left, WIDTH - MARGIN.right]).nice()
  /** @param {number} row */
  const yOf = (row) => MARGIN.top + (row + 0.5) * ROW_HEIGHT
  const labels = names.map((name, row) => label(name, left - 10, yOf(row) + 4, 'end'))
  const marks = series.flatMap((each, i) =>
    each.values.flatMap((value, row) => (value ? [rangeAcross(value, x, yOf(row), COLOURS[i])] : [])),
  )
  return document(title, bottom + MARGIN.bottom, [
    ...axisAcross(x, axis, MARGIN.top, bottom),
    ...labels,
    ...marks,
    ...legend(series.map(({ name }) => name)),
  ])
}

/**
 * Lines over a logarithmic count; the figures begin at 0, so that a slope is as steep as it looks.
 * @param {object} plot
 * @param {string} plot.title
 * @param {string} plot.across What is counted.
 * @param {number[]} plot.counts
 * @param {string} plot.up What the figures are, with their unit.
 * @param {{ name: string, values: Spread[] }[]} plot.series A value for each count.
 * @returns {string} Ends with a line break.
 */
export function linePlot({ title, across, counts, up, series }) {
  const left = 64
  const bottom = MARGIN.top + LINE_PLOT_HEIGHT
  const x = scaleLog([counts[0], counts[counts.length - 1]], [left + 12, WIDTH - MARGIN.right - 12])
  const greatest = Math.max(...series.flatMap(({ values }) => values.map(({ max }) => max)))
  const y = scaleLinear([0, greatest], [bottom, MARGIN.top]).nice()
  const grid = y
    .ticks(6)
    .flatMap((tick) => [
      line(left, y(tick), WIDTH - MARGIN.right, y(tick), GRID),
      label(y.tickFormat(6)(tick), left - 8, y(tick) + 4, 'end'),
    ])
  const ticks = counts.map((count) => label(count.toLocaleString('en'), x(count), bottom + 18, 'middle'))
  const marks = series.flatMap(({ values }, i) => {
    const points = values.map(({ median }, at) => `${x(counts[at]).toFixed(2)},${y(median).toFixed(2)}`)
    const path = element('polyline', {
      points: points.join(' '),
      fill: 'none',
      stroke: COLOURS[i],
      'stroke-width': 1.5,
    })
    return [path, ...values.map((value, at) => rangeUp(value, y, x(counts[at]), COLOURS[i]))]
  })
  return document(title, bottom + MARGIN.bottom, [
    ...grid,
    ...ticks,
    label(across, (left + WIDTH - MARGIN.right) / 2, bottom + 38, 'middle'),
    label(up, left - 8, MARGIN.top - 12, 'start'),
    ...marks,
    ...legend(series.map(({ name }) => name)),
  ])
}

/** @param {string} title @param {number} height @param {string[]} parts */
function document(title, height, parts) {
  return `${element(
    'svg',
    { xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${WIDTH} ${height}`, role: 'img', ...FRAME },
    ...[
      element('title', {}, escapeText(title)),
      element('rect', { width: WIDTH, height, fill: '#ffffff' }),
      element('text', { x: 16, y: 24, 'font-size': 15, 'font-weight': 'bold' }, escapeText(title)),
      ...parts,
    ].map((part) => `\n  ${part}`),
    '\n',
  )}\n`
}

/** @param {Scale} x @param {string} title @param {number} top @param {number} bottom */
function axisAcross(x, title, top, bottom) {
  const format = x.tickFormat(6, '~g')
  const ticks = x
    .ticks(6)
    .flatMap((tick) => [
      line(x(tick), top, x(tick), bottom, tick === 1 ? COLOURS[0] : GRID),
      ...(format(tick) === '' ? [] : [label(format(tick), x(tick), bottom + 18, 'middle')]),
    ])
  return [...ticks, label(title, (x.range()[0] + x.range()[1]) / 2, bottom + 38, 'middle')]
}

/** @param {string[]} names From the right edge on, above the plot. */
function legend(names) {
  return names.flatMap((name, i) => {
    const x = WIDTH - MARGIN.right - (names.length - i) * LEGEND_STEP + 30
    return [element('circle', { cx: x, cy: 40, r: 4, fill: COLOURS[i] }), label(name, x + 9, 44, 'start')]
  })
}

/** @param {Spread} value @param {Scale} x @param {number} y @param {string} colour */
function rangeAcross(value, x, y, colour) {
  return line(x(value.min), y, x(value.max), y, colour, 2) + point(x(value.median), y, colour)
}

/** @param {Spread} value @param {Scale} y @param {number} x @param {string} colour */
function rangeUp(value, y, x, colour) {
  return line(x, y(value.min), x, y(value.max), colour, 2) + point(x, y(value.median), colour)
}

/** @param {number} cx @param {number} cy @param {string} fill */
function point(cx, cy, fill) {
  return element('circle', { cx, cy, r: 4, fill })
}

/** @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 @param {string} stroke */
function line(x1, y1, x2, y2, stroke, width = 1) {
  return element('line', { x1, y1, x2, y2, stroke, 'stroke-width': width })
}

/** @param {string} text @param {number} x @param {number} y @param {'start' | 'middle' | 'end'} anchor */
function label(text, x, y, anchor) {
  return element('text', { x, y, 'text-anchor': anchor }, escapeText(text))
}

/** @param {Spread[]} values */
function extent(values) {
  return [Math.min(...values.map(({ min }) => min)), Math.max(...values.map(({ max }) => max))]
}
