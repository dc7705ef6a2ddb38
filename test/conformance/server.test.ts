// What RFC 6455 asks of a server, case by case; the large and the compressed ones have files of
// their own. docs/conformance.md lists all.

import { compressionGroups, groups } from './cases/index.js'
import { limits } from './cases/limits.js'
import { runGroup } from './runner.js'
import { serverSubject } from './server-subject.js'

const subject = serverSubject()
const apart = [limits, ...compressionGroups]
for (const group of groups) if (!apart.includes(group)) runGroup(group, subject)
