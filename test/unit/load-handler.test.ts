import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadHandler } from '../../lib/workers/load-handler.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ntyws-handler-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

function load(name: string, source: string) {
  const path = join(folder, name)
  writeFileSync(path, source)
  return loadHandler(path)
}

describe('exports', () => {
  test.each([
    ['default.mjs', 'export default { open() { return 1 }, maxPayload: 5 }'],
    ['named.mjs', 'export function open() { return 1 }\nexport const maxPayload = 5'],
    ['default.cjs', 'module.exports = { open() { return 1 }, maxPayload: 5 }'],
    ['compiled.cjs', 'exports.__esModule = true\nexports.default = { open() { return 1 }, maxPayload: 5 }'],
    [
      'default.ts',
      `interface A { b: number }
      const a: A = { b: 5 }
      export default { open(): number { return 1 }, maxPayload: a.b }`,
    ],
    ['named.mts', 'export const open = (): number => 1\nexport const maxPayload: number = 5'],
  ])('%s', async (name, source) => {
    const handler = await load(name, source)
    expect(handler).toEqual({ open: expect.any(Function), maxPayload: 5 })
    expect((handler.open as unknown as () => number)()).toBe(1)
  })

  test('options of any kind come along, compression among them', async () => {
    const handler = await load(
      'compressing.mjs',
      'export const message = () => {}\nexport const perMessageDeflate = { threshold: 0 }',
    )
    expect(handler).toEqual({ message: expect.any(Function), perMessageDeflate: { threshold: 0 } })
  })

  test('the default export wins over named ones', async () => {
    expect(await load('both.mjs', 'export default { message() {} }\nexport const open = () => {}')).toEqual({
      message: expect.any(Function),
    })
  })

  test('a default export without handlers does not hide named ones', async () => {
    expect(await load('other.mjs', 'export default 5\nexport const open = () => {}')).toEqual({
      open: expect.any(Function),
    })
  })

  test('handlers can be the methods of an object that has state', async () => {
    const handler = await load(
      'class.mjs',
      'class Counter { count = 0; open() { return ++this.count } }\nexport default new Counter()',
    )
    const open = handler.open as unknown as () => number
    expect([open(), open()]).toEqual([1, 2])
  })

  test('what serve() does not know stays behind', async () => {
    expect(await load('more.mjs', 'export default { open() {}, helper() {} }')).toEqual({
      open: expect.any(Function),
    })
  })
})

describe('what is refused', () => {
  test('a file that is not there, as it was written', async () => {
    await expect(loadHandler('./no/such.ts')).rejects.toMatchObject({
      code: 'ERR_INVALID_HANDLER_MODULE',
      message: "handler file './no/such.ts' not found",
    })
  })

  test('a folder', async () => {
    await expect(loadHandler(relative('', folder))).rejects.toMatchObject({
      code: 'ERR_INVALID_HANDLER_MODULE',
    })
  })

  test.each([
    ['nothing.mjs', ''],
    ['number.mjs', 'export default 5'],
    ['null.mjs', 'export default null'],
    ['function.mjs', 'export default () => {}'],
    ['options.mjs', 'export default { maxPayload: 5 }'],
    ['text.mjs', "export default { message: 'hello' }"],
  ])('%s has no handlers', async (name, source) => {
    await expect(load(name, source)).rejects.toMatchObject({
      code: 'ERR_INVALID_HANDLER_MODULE',
      message: expect.stringContaining('exports no handlers'),
    })
  })

  test.each(['throws.mjs', 'throws.ts'])('%s: its own error comes through', async (name) => {
    await expect(load(name, "throw new RangeError('mine')")).rejects.toThrow(new RangeError('mine'))
  })

  test('a module that is missing in the module is not the handler file', async () => {
    await expect(load('imports.mjs', "import './missing.mjs'")).rejects.toThrow(/missing\.mjs/)
  })
})
