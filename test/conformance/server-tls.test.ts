// The same over TLS, the large cases among them. Contents that are compressed differently are all the same to it.

import { describe } from 'vitest'
import { tls } from '../support/transport.js'
import { compressedContents } from './cases/compression.js'
import { groups } from './cases/index.js'
import { runGroup } from './runner.js'
import { serverSubject } from './server-subject.js'

const subject = serverSubject(await tls())

describe('over TLS', () => {
  for (const group of groups) if (group !== compressedContents) runGroup(group, subject)
})
