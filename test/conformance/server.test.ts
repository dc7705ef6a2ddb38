// What RFC 6455 asks of a server, case by case; the large ones have a file of their own. docs/conformance.md lists all.

import { groups } from './cases/index.js'
import { limits } from './cases/limits.js'
import { runGroup } from './runner.js'
import { serverSubject } from './server-subject.js'

const subject = serverSubject()
for (const group of groups) if (group !== limits) runGroup(group, subject)
