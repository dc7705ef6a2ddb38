// The same over TLS, the large cases among them.

import { describe } from 'vitest'
import { tls } from '../support/transport.js'
import { groups } from './cases/index.js'
import { runGroup } from './runner.js'
import { serverSubject } from './server-subject.js'

const subject = serverSubject(await tls())

describe('over TLS', () => {
  for (const group of groups) runGroup(group, subject)
})
