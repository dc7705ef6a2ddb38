import { describe, expect, test } from 'vitest'
import { native } from '../../lib/bridge/native.js'

test('the addon has all that its type says', () => {
  const functions = [
    'start',
    'createServer',
    'listen',
    'closeServer',
    'forgetServer',
    'readStats',
    'flush',
    'setKeepAlive',
    'parsePorts',
    'isAddress',
  ] as const
  for (const name of functions) expect(native[name]).toBeTypeOf('function')
})

describe('isAddress', () => {
  test.each(['127.0.0.1', '0.0.0.0', '::', '::1', '::ffff:1.2.3.4', 'fe80::1'])('%s is', (text) => {
    expect(native.isAddress(text)).toBe(true)
  })

  test.each(['localhost', '', 'example.org', '1.2.3.4.5', '[::1]', '127.0.0.1:80', '127.0.0.1\0.example.org'])(
    '%j is not',
    (text) => {
      expect(native.isAddress(text)).toBe(false)
    },
  )
})
