import { expect, test } from 'vitest'
import { opensslFunctions } from '../../bench/openssl-functions.mjs'
import { PLACE_NAMES, sharesByPlace } from '../../bench/profile-shares.mjs'

const addon = '(/a/build/Release/ntyws.node)'
const libc = '(/usr/lib/x86_64-linux-gnu/libc.so.6)'

function shares(...samples: string[][]) {
  const script = samples.map((frames) => frames.map((frame) => `\t    7f12ab ${frame}\n`).join('')).join('\n')
  const all = sharesByPlace(script, new Set(['SSL_read_ex']))
  return Object.fromEntries(PLACE_NAMES.map((name, i) => [name, all[i]]).filter(([, share]) => share !== 0))
}

test('a sample counts where it fell', () => {
  expect(
    shares(
      ['_copy_to_iter ([kernel.kallsyms])', `recv ${libc}`, `ntyws::receive ${addon}`],
      [`SSL_read_ex ${addon}`],
      [`ntyws::(anonymous namespace)::mask_avx2 ${addon}`],
      ['JS:*_copy node:buffer:205:15 (/tmp/perf-12.map)'],
      ['v8::internal::Sweeper::RawSweep (/usr/bin/node)'],
    ),
  ).toEqual({ kernel: 20, OpenSSL: 20, addon: 20, TypeScript: 20, 'garbage collection': 20 })
})

test('the C library works for its caller', () => {
  expect(
    shares(
      [`__memmove_avx_unaligned_erms ${libc}`, `SSL_read_ex ${addon}`],
      [`_int_realloc ${libc}`, `realloc ${libc}`, `ntyws::Connection::on_ready ${addon}`],
      [`_int_free ${libc}`, 'node::Buffer::New (/usr/bin/node)'],
      [`malloc ${libc}`],
    ),
  ).toEqual({ OpenSSL: 25, addon: 25, 'Node and V8': 25, other: 25 })
})

test('OpenSSL’s functions are found in the libraries that the addon is linked from, those within a file too', () => {
  const names = opensslFunctions()
  for (const name of ['SSL_read_ex', 'ssl3_read_bytes', '_aesni_ctr32_ghash_6x']) expect(names).toContain(name)
  for (const name of ['memcpy', 'napi_register_module_v1']) expect(names).not.toContain(name)
})
