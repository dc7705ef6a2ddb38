import { expect, test } from 'vitest'
import { clientTls, tlsForStrangers } from '../../lib/client/client-context.js'
import { testCa, testIdentity } from '../support/certificates.js'

const { cert, key } = testIdentity
const ca = testCa.cert

test.each([
  [undefined, 'x', { tlsHost: 'x', asksForTlsHost: true }],
  ['', 'x', { tlsHost: 'x', asksForTlsHost: false }],
  ['y', 'x', { tlsHost: 'y', asksForTlsHost: true }],
  [undefined, 'x.', { tlsHost: 'x', asksForTlsHost: true }],
  ['y.', 'x', { tlsHost: 'y', asksForTlsHost: true }],
])('servername %j and the host %j', (servername, host, expected) => {
  expect(clientTls({ ca, ...(servername !== undefined && { servername }) }, host)).toMatchObject(expected)
})

test('one context for one object of options, for strangers too', () => {
  const options = { ca, cert, key, passphrase: 'x', servername: 'y', rejectUnauthorized: false }
  expect(clientTls(options, 'x').secureContext).toBe(clientTls(options, 'z').secureContext)
  const foreign = tlsForStrangers(options)
  expect(foreign).toEqual({ ca, rejectUnauthorized: false })
  expect(tlsForStrangers(options)).toBe(foreign)
  expect(tlsForStrangers(undefined)).toBeUndefined()
})
