import { expect, test } from 'vitest'
import { fillIn } from '../../bench/page.mjs'

const page =
  'above\n<!-- a: made by a script -->\nold\n\nold\n<!-- /a -->\nbetween\n<!-- b: too -->\n<!-- /b -->\nbelow\n'

test('replaces what stands in the place, and nothing else', () => {
  const filled = fillIn(page, 'a', "costs $& and $'\n")
  expect(filled).toBe(page.replace('old\n\nold\n', () => "\ncosts $& and $'\n\n"))
  expect(fillIn(filled, 'a', "costs $& and $'\n")).toBe(filled)
})

test('fills an empty place', () => {
  expect(fillIn(page, 'b', 'new')).toBe(page.replace('<!-- /b', '\nnew\n<!-- /b'))
})

test('refuses a place that the page does not have', () => {
  expect(() => fillIn(page, 'c', 'new')).toThrow("the page has no place named 'c'")
})
