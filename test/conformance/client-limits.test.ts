// Large messages and many of them, in the role of a client: group 9.

import { limits } from './cases/limits.js'
import { clientSubject } from './client-subject.js'
import { runGroup } from './runner.js'

runGroup(limits, clientSubject())
