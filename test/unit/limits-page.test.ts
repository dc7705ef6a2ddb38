// docs/limits.md says what the code does.

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { sentPayloadMax } from '../../lib/base/payload-size.js'
import { checkConnectOptions } from '../../lib/client/connect-options.js'
import { checkServeOptions } from '../../lib/server/serve-options.js'
import { type ServerImpl, serve } from '../../lib/server/server.js'

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
const page = read('docs/limits.md')

/** The rows of the table under this heading, without its head. */
function tableUnder(heading: string): string[][] {
  const section = page.split(/^## /m).find((each) => each.startsWith(heading)) ?? ''
  const rows = section.split('\n').filter((line) => line.startsWith('| '))
  return rows.slice(1).map((line) => line.slice(2, -2).split(' | '))
}

/** 10,000 · 16 KiB · 0: off · 125 bytes */
function numberOf(cell: string): number {
  const [, digits, prefix] = /^([\d,]+)(?: ([KM])iB)?/.exec(cell) as unknown as [string, string, string | undefined]
  return Number(digits.replaceAll(',', '')) * (prefix === 'K' ? 1024 : prefix === 'M' ? 1024 * 1024 : 1)
}

const nameOf = (cell: string) => cell.replaceAll('`', '')
const readOptions = (heading: string) =>
  tableUnder(heading).map(([name = '', , otherwise = '', least = '', most = '']) => ({
    name: nameOf(name),
    otherwise: numberOf(otherwise),
    least: numberOf(least),
    most: numberOf(most),
  }))
const options = readOptions('Options of `serve`')
const connectOptions = readOptions('Options of `connect`')
const deflateOptions = readOptions('Options of `perMessageDeflate`')

/** The constants of limits.h, with the option that each is the default of. */
const constants = [
  ...read('native/base/limits.h').matchAll(/^inline constexpr \w+ (k\w+) = ([\d'* ]+);(?: +\/\/ default of (\w+))?/gm),
].map(([, name = '', expression = '', option]) => ({
  name,
  value: expression
    .replaceAll("'", '')
    .split('*')
    .reduce((product, factor) => product * Number(factor), 1),
  option,
}))

describe('options', () => {
  test('every number that serve takes is there', () => {
    const numbers = Object.entries(checkServeOptions({ port: 0 })).filter(([, value]) => typeof value === 'number')
    const names = [...numbers.map(([name]) => name), 'maxOutbound']
    expect(options.map(({ name }) => name).sort()).toEqual(names.sort())
  })

  test.each(options)('$name is $otherwise, from $least to $most', async ({ name, otherwise, least, most }) => {
    const check = (value: number) => checkServeOptions({ port: 0, [name]: value })
    expect(() => check(least - 1)).toThrow(RangeError)
    expect(() => check(least)).not.toThrow()
    expect(() => check(most)).not.toThrow()
    expect(() => check(most + 1)).toThrow(RangeError)
    if (name !== 'maxOutbound') {
      expect(checkServeOptions({ port: 0 })).toMatchObject({ [name]: otherwise })
    } else {
      const server = (await serve({ port: 0, host: '127.0.0.1' })) as ServerImpl<undefined>
      expect(server.group.outboundLimit).toBe(otherwise)
      await server.close()
    }
  })
})

describe('options of connect', () => {
  const { native, request: _, ...own } = checkConnectOptions({})
  const defaults: Record<string, unknown> = { ...native, ...own }

  test('every number that connect takes is there, or is one of those above', () => {
    const names = Object.keys(defaults).filter((name) => typeof defaults[name] === 'number')
    const section = page.split('## Options of `connect`')[1] as string
    expect(names.filter((name) => !section.includes(`\`${name}\``))).toEqual([])
  })

  test.each(connectOptions)('$name is $otherwise, from $least to $most', ({ name, otherwise, least, most }) => {
    const check = (value: number) => checkConnectOptions({ [name]: value })
    expect(() => check(least - 1)).toThrow(RangeError)
    expect(() => check(least)).not.toThrow()
    expect(() => check(most)).not.toThrow()
    expect(() => check(most + 1)).toThrow(RangeError)
    expect(defaults[name]).toBe(otherwise)
  })
})

describe('options of perMessageDeflate', () => {
  const check = (perMessageDeflate: object) => checkServeOptions({ port: 0, perMessageDeflate }).perMessageDeflate
  const inside = (name: string, value: number) =>
    name.endsWith('evel') ? { zlibDeflateOptions: { [name]: value } } : { [name]: value }

  test('every number that it takes is there', () => {
    const numbers = Object.entries(check({}) ?? {}).filter(([, value]) => typeof value === 'number')
    expect(deflateOptions.map(({ name }) => name).sort()).toEqual(numbers.map(([name]) => name).sort())
  })

  test.each(deflateOptions)('$name is $otherwise, from $least to $most', ({ name, otherwise, least, most }) => {
    expect(() => check(inside(name, least - 1))).toThrow(RangeError)
    expect(() => check(inside(name, least))).not.toThrow()
    expect(() => check(inside(name, most))).not.toThrow()
    expect(() => check(inside(name, most + 1))).toThrow(RangeError)
    expect(check({})).toMatchObject({ [name]: otherwise })
  })

  test('connect leaves the window of the server to it', () => {
    const { native } = checkConnectOptions({ perMessageDeflate: true })
    expect(native.perMessageDeflate).toEqual({ ...check({}), serverMaxWindowBits: 15 })
  })
})

test('native defaults are those of the options', () => {
  const defaults = constants.filter(({ option }) => option !== undefined)
  expect(defaults.length).toBeGreaterThan(5)
  const documented = Object.fromEntries([...options, ...deflateOptions].map(({ name, otherwise }) => [name, otherwise]))
  for (const { option, value } of defaults)
    expect({ [option as string]: value }).toEqual({ [option as string]: documented[option as string] })
})

test('what can be sent at once is the same in TypeScript', () => {
  expect(constants.find(({ name }) => name === 'kSentPayloadMax')?.value).toBe(sentPayloadMax)
})

test('every other limit of the native code is there, with its value', () => {
  const fixed = tableUnder('Fixed').map(([, value = '', name = '']) => ({ name: nameOf(name), value: numberOf(value) }))
  const expected = constants.filter(({ option }) => option === undefined).map(({ name, value }) => ({ name, value }))
  const count = read('native/base/limits.h').match(/^inline constexpr/gm)?.length
  expect(constants.length).toBe(count)
  expect(fixed).toEqual(expected)
})
