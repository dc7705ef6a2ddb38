// The addon as a file: what it binds to, and that both sides of the shared memory agree on its layout.

import { execFileSync, spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { native } from '../../lib/bridge/native.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const addon = join(root, 'build/Release/ntyws.node')

describe('OpenSSL', () => {
  test('none of its functions is taken from the process', () => {
    const symbols = execFileSync('nm', ['-D', '--undefined-only', addon], { encoding: 'utf8' })
    expect(symbols).toMatch(/napi_/)
    expect(symbols.split('\n').filter((line) => /\b(_?SSL_|EVP_|SHA|OPENSSL_|CRYPTO_|BIO_|ERR_)/.test(line))).toEqual(
      [],
    )
  })

  test('none of its functions is offered to the process', () => {
    const symbols = execFileSync('nm', ['-D', '--defined-only', addon], { encoding: 'utf8' })
    expect(symbols.split('\n').filter((line) => /\b(SSL_|EVP_|SHA|OPENSSL_|CRYPTO_)/.test(line))).toEqual([])
  })

  test('its libraries are not needed, nor that of C++', () => {
    const dynamic = execFileSync('readelf', ['-d', addon], { encoding: 'utf8' })
    expect(dynamic).toMatch(/NEEDED.*libc\.so/)
    expect(dynamic).not.toMatch(/libssl|libcrypto|libstdc\+\+/)
  })

  test('headers and library are of one version, which is that of neither Node by chance', () => {
    expect(native.openssl.headers).toBe(native.openssl.library)
    expect(native.openssl.library).toBeGreaterThan(0x30000000)
  })
})

describe('zlib', () => {
  test('its functions are neither taken from the process when the addon is loaded nor offered to it', () => {
    const symbols = execFileSync('nm', ['-D', addon], { encoding: 'utf8' })
    expect(symbols.split('\n').filter((line) => /\b(deflate|inflate|zlib|adler32|crc32)/.test(line))).toEqual([])
  })

  test('its library is not needed', () => {
    expect(execFileSync('readelf', ['-d', addon], { encoding: 'utf8' })).not.toMatch(/libz/)
  })

  test('there is one: that of Node', () => {
    expect(native.hasZlib).toBe(true)
  })
})

describe('the record layout', () => {
  /** The two files and the script, where they can be changed. */
  function copy(): string {
    const folder = mkdtempSync(join(tmpdir(), 'ntyws-layout-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    for (const file of ['scripts/record-layout.mjs', 'native/binding/record_layout.h', 'lib/bridge/record-layout.ts']) {
      mkdirSync(join(folder, file, '..'), { recursive: true })
      cpSync(join(root, file), join(folder, file))
    }
    return folder
  }

  const check = (folder: string, ...args: string[]) =>
    spawnSync(process.execPath, [join(folder, 'scripts/record-layout.mjs'), ...args], { encoding: 'utf8' })

  test('is up to date', () => {
    const { status, stderr } = check(root, '--check')
    expect([status, stderr]).toEqual([0, ''])
  })

  test('a stale copy is found, and made anew', () => {
    const folder = copy()
    const header = join(folder, 'native/binding/record_layout.h')
    expect(check(folder, '--check').status).toBe(0)
    writeFileSync(header, readFileSync(header, 'utf8').replace('kInText = 1', 'kInText = 77'))
    const { status, stderr } = check(folder, '--check')
    expect(status).toBe(1)
    expect(stderr).toContain('stale')
    expect(check(folder).status).toBe(0)
    expect(readFileSync(join(folder, 'lib/bridge/record-layout.ts'), 'utf8')).toContain('IN_TEXT = 77')
    expect(check(folder, '--check').status).toBe(0)
  })

  test('a constant that is no plain integer is refused', () => {
    const folder = copy()
    appendFileSync(join(folder, 'native/binding/record_layout.h'), 'inline constexpr int32_t kBad = kInText + 1;\n')
    expect(check(folder).status).toBe(1)
  })
})

test('loading it again, in the same process, is harmless', async () => {
  const again = await import('../../lib/bridge/native.js')
  expect(again.native).toBe(native)
})
