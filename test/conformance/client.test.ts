// What RFC 6455 asks of a client, case by case; the large ones have a file of their own. docs/conformance.md lists all.

import { groups } from './cases/index.js'
import { limits } from './cases/limits.js'
import { clientSubject } from './client-subject.js'
import { runGroup } from './runner.js'

const subject = clientSubject()
for (const group of groups) if (group !== limits) runGroup(group, subject)
