// Large messages and many of them: group 9.

import { limits } from './cases/limits.js'
import { runGroup } from './runner.js'
import { serverSubject } from './server-subject.js'

runGroup(limits, serverSubject())
