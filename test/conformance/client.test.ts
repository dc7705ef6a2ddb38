// What RFC 6455 asks of a client, case by case; the large and the compressed ones have files of
// their own. docs/conformance.md lists all.

import { compressionGroups, groups } from './cases/index.js'
import { limits } from './cases/limits.js'
import { clientSubject } from './client-subject.js'
import { runGroup } from './runner.js'

const subject = clientSubject()
const apart = [limits, ...compressionGroups]
for (const group of groups) if (!apart.includes(group)) runGroup(group, subject)
