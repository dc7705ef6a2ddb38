import { describe, expect, test } from 'vitest'
import { parseCommand } from '../../lib/cli/arguments.js'

describe('commands', () => {
  test.each([
    [[], { name: 'help' }],
    [['--help'], { name: 'help' }],
    [['-h'], { name: 'help' }],
    [['--version'], { name: 'version' }],
    [['-v'], { name: 'version' }],
    [['serve', '--help'], { name: 'help', topic: 'serve' }],
    [['serve', '-h', '-p', '1'], { name: 'help', topic: 'serve' }],
    [['serve'], { name: 'serve', quiet: false }],
    [['serve', '--quiet'], { name: 'serve', quiet: true }],
    [['serve', '-w', '4'], { name: 'serve', quiet: false, workers: 4 }],
    [['serve', '--workers', '2', '-w1'], { name: 'serve', quiet: false, workers: 1 }],
    [['serve', '--origin', 'a', '--origin=b'], { name: 'serve', quiet: false, origins: ['a', 'b'] }],
    [['serve', './chat.ts'], { name: 'serve', quiet: false, handler: './chat.ts' }],
    [['serve', '--cert', 'c', '--key', 'k', '--ca=a'], { name: 'serve', quiet: false, cert: 'c', key: 'k', ca: 'a' }],
    [['serve', '--', '-p'], { name: 'serve', quiet: false, handler: '-p' }],
  ])('%j', (args, command) => {
    expect(parseCommand(args)).toEqual(command)
  })
})

describe('options with a value', () => {
  test.each([['-p', '8888-8987'], ['-p8888-8987'], ['--port', '8888-8987'], ['--port=8888-8987']])(
    '%s %s',
    (...args) => {
      expect(parseCommand(['serve', ...args])).toMatchObject({ port: '8888-8987' })
    },
  )

  test('a value may look like an option after =', () => {
    expect(parseCommand(['serve', '--port=-1'])).toMatchObject({ port: '-1' })
  })

  test('ports given several times add up, of hosts the last one counts', () => {
    expect(parseCommand(['serve', '-p', '1', '-H', 'a', '--port', '2-3', '--host', '::1'])).toEqual({
      name: 'serve',
      quiet: false,
      port: '1,2-3',
      host: '::1',
    })
  })
})

describe('what is refused, with exit status 2', () => {
  test.each([
    [['srve'], "unknown command 'srve'; see 'ntyws --help'"],
    [['--port', '1'], "unknown option '--port'; see 'ntyws --help'"],
    [['serve', '--prot', '1'], "unknown option '--prot'; see 'ntyws serve --help'"],
    [['serve', '-x'], "unknown option '-x'; see 'ntyws serve --help'"],
    [['serve', '--constructor'], "unknown option '--constructor'; see 'ntyws serve --help'"],
    [['serve', '--port'], "option '--port' needs a value"],
    [['serve', '--port='], "option '--port' needs a value"],
    [['serve', '-p', '-H', 'a'], "option '-p' needs a value"],
    [['serve', '-w', '0'], "--workers takes a number from 1 on, not '0'"],
    [['serve', '-w', '2x'], "--workers takes a number from 1 on, not '2x'"],
    [['serve', '--workers=-1'], "--workers takes a number from 1 on, not '-1'"],
    [['serve', '--quiet=yes'], "option '--quiet' takes no value"],
    [['serve', 'a.ts', 'b.ts'], "'b.ts' is one handler too many: serve takes one"],
  ])('%j', (args, message) => {
    expect(() => parseCommand(args)).toThrow(expect.objectContaining({ message, exitStatus: 2 }))
  })
})
