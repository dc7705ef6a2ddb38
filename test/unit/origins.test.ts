import { describe, expect, test } from 'vitest'
import { admitsOrigin, type OriginRule, originRule } from '../../lib/server/origins.js'

const listed = (...origins: string[]) => originRule(origins) as OriginRule

describe('a list', () => {
  test.each([
    ['https://a.example', 'https://a.example'],
    ['https://a.example/', 'https://a.example'],
    ['HTTPS://A.Example:443', 'https://a.example'],
    ['https://a.example', 'https://A.example:443'],
    ['http://a.example:80', 'http://a.example'],
    ['http://localhost:5173', 'http://localhost:5173'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
    ['https://bücher.example', 'https://xn--bcher-kva.example'],
    ['chrome-extension://AbCd', 'chrome-extension://abcd'],
    ['null', 'null'],
    ['file://', 'file://'],
  ])('%s lets %s in', (entry, origin) => {
    expect(admitsOrigin(listed('https://other.example', entry), origin)).toBe(true)
  })

  test.each([
    'http://a.example',
    'https://a.example:8443',
    'https://a.example.',
    'https://sub.a.example',
    'https://a.example.evil.example',
    'https://evil.example',
    'https://a.example/',
    'https://a.example/path',
    'https://a.example?',
    'https://user@a.example',
    'https://a.example@evil.example',
    'https://evil.example\\a.example',
    'https://a.example, https://a.example',
    'https://a.example, ',
    'https://a.example https://evil.example',
    '\thttps://a.example',
    'a.example',
    '//a.example',
    'https://',
    'https:a.example',
    'https:/a.example',
    'null',
    'NULL',
    'file://',
    '',
    'https://a.exam\u00adple',
    'https://[a.example]',
    'https://a.example:99999',
  ])('of https://a.example refuses %j', (origin) => {
    expect(admitsOrigin(listed('https://a.example'), origin)).toBe(false)
  })

  test('that is empty refuses all, but for clients without the field', () => {
    expect(admitsOrigin(listed(), 'https://a.example')).toBe(false)
    expect(admitsOrigin(listed(), undefined)).toBe(true)
  })

  test.each([
    'a.example',
    '*',
    'https://a.example/path',
    'https://a.example/?',
    'https://u:p@a.example',
    '',
    'https://*.a.example',
  ])('with %j is a TypeError that names it', (entry) => {
    expect(() => originRule(['https://fine.example', entry])).toThrow(
      expect.objectContaining({
        name: 'TypeError',
        code: 'ERR_INVALID_ARG_VALUE',
        message: expect.stringContaining(`'${entry}'`),
      }),
    )
  })

  test.each([[7], [null], [/a/], [undefined], [['https://a.example']]])('with %s is a TypeError', (entry) => {
    expect(() => originRule([entry] as never)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }))
  })

  test.each(['https://a.example', 7, null, {}, new Set()])('%s is none', (origins) => {
    expect(() => originRule(origins as never)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }))
  })

  test('is read once', () => {
    const origins = ['https://a.example']
    const rule = originRule(origins) as OriginRule
    origins.push('https://evil.example')
    expect(admitsOrigin(rule, 'https://evil.example')).toBe(false)
  })
})

describe('a function', () => {
  test('is asked about the normal form, and only about origins', () => {
    const asked: string[] = []
    const rule = originRule((origin) => asked.push(origin) < 2) as OriginRule
    expect(admitsOrigin(rule, 'HTTPS://A.example:443')).toBe(true)
    expect(admitsOrigin(rule, 'null')).toBe(false)
    expect(admitsOrigin(rule, 'https://a.example, https://b.example')).toBe(false)
    expect(admitsOrigin(rule, undefined)).toBe(true)
    expect(asked).toEqual(['https://a.example', 'null'])
  })

  // A promise of false is as true as any object.
  test.each([[async () => false], [() => 1], [() => undefined]])('that gives no boolean lets nobody in', (ask) => {
    expect(() => admitsOrigin(originRule(ask as never) as OriginRule, 'https://a.example')).toThrow('returns a boolean')
  })
})
