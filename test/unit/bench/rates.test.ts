import { expect, test } from 'vitest'
import { rateOf } from '../../bench/rates.mjs'

const all = new Map([
  ['yardstick', 200_000],
  ['ntyws', 150_000],
  ['ws', 90_001],
] as const)

test("ours has to bear the share of the yardstick's maximum", () => {
  expect(rateOf('yardstick', all, 0.5)).toBe(100_000)
  expect(rateOf('ntyws', all, 0.5)).toBe(100_000)
})

test('ws gets the share of its own, in whole messages', () => {
  expect(rateOf('ws', all, 0.5)).toBe(45_001)
})

test('without the yardstick ours gets the share of its own', () => {
  expect(rateOf('ntyws', new Map([['ntyws', 150_000]] as const), 0.5)).toBe(75_000)
})
