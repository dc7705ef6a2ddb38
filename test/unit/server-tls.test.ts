import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { native } from '../../lib/bridge/native.js'
import { normalHostName, ServerTls } from '../../lib/server/server-tls.js'
import { createSecureContext, newTicketKeys, readSecureContext } from '../../lib/tls/secure-context.js'
import { makeIdentity, testIdentity } from '../support/certificates.js'

const { cert, key } = testIdentity

/** Numbers are given again, so this grows when a context is left behind. */
function nextContext(): number {
  const number = createSecureContext(readSecureContext({ cert, key }, newTicketKeys()))
  native.freeSecureContext(number)
  return number
}

test('contexts that are not used, as another one is wrong, are freed', async () => {
  const { certFile, keyFile } = await makeIdentity()
  const tls = new ServerTls({ cert, key })
  tls.set({ cert: certFile, key: keyFile }, 'a.example')
  const before = nextContext()
  writeFileSync(certFile, 'no certificate')
  for (let i = 0; i < 3; i++) expect(() => tls.set(undefined, undefined)).toThrow(certFile)
  expect(nextContext()).toBe(before)
})

test('a host name is the same in all spellings', () => {
  expect(normalHostName('*.Example.ORG.')).toBe('*.example.org')
  expect(normalHostName(undefined)).toBe('')
  expect(() => normalHostName(7)).toThrow('a host name is a string, not 7')
})
