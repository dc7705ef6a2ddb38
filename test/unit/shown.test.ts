import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { kindOf, shown } from '../../lib/base/shown.js'

test.each([
  ['x', "'x'", 'a string of 1 characters'],
  ["it's\n", "'it\\'s\\n'", 'a string of 5 characters'],
  ['x'.repeat(121), 'a string of 121 characters', 'a string of 121 characters'],
  [7, '7', 'a number'],
  [7n, '7n', 'a bigint'],
  [false, 'false', 'a boolean'],
  [null, 'null', 'null'],
  [undefined, 'undefined', 'undefined'],
  [{ key: 'secret' }, 'an object', 'an object'],
  [['secret'], 'an array of 1', 'an array of 1'],
  [Buffer.from('secret'), 'binary data of 6 bytes', 'binary data of 6 bytes'],
  [() => 'secret', 'a function', 'a function'],
  [Symbol('secret'), 'a symbol', 'a symbol'],
  [Object.create(null), 'an object', 'an object'],
])('%o', (value, asShown, kind) => {
  expect(shown(value)).toBe(asShown)
  expect(kindOf(value)).toBe(kind)
})

test('no other source of ours puts values into messages with inspect', () => {
  const lib = new URL('../../lib', import.meta.url).pathname
  const users = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && /\binspect\(/.test(readFileSync(join(lib, name), 'utf8')),
  )
  expect(users).toEqual(['socket/socket.ts']) // the user's own data, for the user's own inspect
})
