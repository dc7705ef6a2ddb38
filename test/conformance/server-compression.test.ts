// Compressed messages: groups 12, 13 and C.

import { compressionGroups } from './cases/index.js'
import { runGroup } from './runner.js'
import { serverSubject } from './server-subject.js'

const subject = serverSubject()
for (const group of compressionGroups) runGroup(group, subject)
