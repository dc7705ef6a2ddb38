// The same over TLS, but for the large cases: what TLS does to those is the same for either role.

import { describe } from 'vitest'
import { tls } from '../support/transport.js'
import { compressedContents } from './cases/compression.js'
import { groups } from './cases/index.js'
import { limits } from './cases/limits.js'
import { clientSubject } from './client-subject.js'
import { runGroup } from './runner.js'

const subject = clientSubject(await tls())
const apart = [limits, compressedContents]

describe('over TLS', () => {
  for (const group of groups) if (!apart.includes(group)) runGroup(group, subject)
})
