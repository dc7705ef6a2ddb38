// Compressed messages, in the role of a client: groups 12, 13 and C.

import { compressionGroups } from './cases/index.js'
import { clientSubject } from './client-subject.js'
import { runGroup } from './runner.js'

const subject = clientSubject()
for (const group of compressionGroups) runGroup(group, subject)
