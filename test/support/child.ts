// Runs a module in a Node process of its own, where it may end as it likes.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface ChildEnd {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

const prelude = `
import { serve } from 'ntyws'
import { WebSocket } from 'ws'
import { once } from 'node:events'
import { connect } from 'node:net'
const log = (...words) => console.log(...words)
async function dial(server) {
  const socket = new WebSocket('ws://127.0.0.1:' + server.ports[0], { perMessageDeflate: false })
  await once(socket, 'open')
  return socket
}
`

/** Source of a function that collects garbage until `isDone` says so; wants --expose-gc. */
export const collectUntil = `
  async function collectUntil(isDone) {
    for (let i = 0; i < 100 && !isDone(); i++) {
      await new Promise((resolve) => setTimeout(resolve, 5)) // what isDone has looked at lives to the end of its tick
      gc()
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
`

/**
 * `source` is an ES module that can use `serve` of the built library, `WebSocket` of ws, `dial(server)` and `log`.
 * @param descriptors how many files it may open
 * @returns how it ended
 */
export async function runChild(source: string, args: readonly string[] = [], descriptors?: number): Promise<ChildEnd> {
  const limit = descriptors === undefined ? '' : `ulimit -n ${descriptors}; `
  const node = [process.execPath, ...args, '--input-type=module', '-e', prelude + source]
  const child = spawn('sh', ['-c', `${limit}exec "$@"`, 'sh', ...node], {
    cwd: root,
    timeout: 45_000,
    killSignal: 'SIGKILL',
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text
  })
  const [code, signal] = await once(child, 'close')
  return { code, signal, stdout, stderr }
}
