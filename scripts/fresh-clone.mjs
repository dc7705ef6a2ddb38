// Tries ntyws as a newcomer does: README's first command in a fresh clone, and the packed package in an empty project.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const directory = mkdtempSync(join(tmpdir(), 'ntyws-fresh-'))
const clone = join(directory, 'clone')
const project = join(directory, 'project')

function run(cwd, command) {
  const { status, stdout, stderr } = spawnSync('bash', ['-c', command], { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ended with ${status} in ${cwd}\n${stdout}${stderr}`)
  return stdout
}

/** Starts a server, waits until it says that it listens, and ends it as Ctrl-C does. */
async function startAndStop(cwd, command) {
  const server = spawn('bash', ['-c', command], { cwd, detached: true }) // a process group of its own
  let output = ''
  const listening = new Promise((resolve, reject) => {
    const onData = (chunk) => {
      output += chunk
      const line = /^listening on .*$/m.exec(output)
      if (line) resolve(line[0])
    }
    server.stdout.on('data', onData)
    server.stderr.on('data', onData)
    server.on('exit', (code) => reject(new Error(`${command} ended with ${code}\n${output}`)))
  })
  const line = await listening
  const ended = new Promise((resolve) => server.removeAllListeners('exit').on('exit', resolve))
  process.kill(-server.pid, 'SIGINT')
  await ended
  return line
}

try {
  run(root, `git clone --quiet . ${clone}`)
  const [, first] = /```sh\n(.+)\n```/.exec(readFileSync(join(clone, 'README.md'), 'utf8'))
  console.log(`ok      ${first}: ${await startAndStop(clone, first)}`)

  run(clone, 'npm pack --silent')
  const tarball = join(
    clone,
    readdirSync(clone).find((name) => name.endsWith('.tgz')),
  )
  run(directory, `mkdir project && cd project && npm init --yes && npm install --silent ${tarball}`)
  writeFileSync(
    join(project, 'echo.mjs'),
    `import { serve } from 'ntyws'
const server = await serve({ port: 0, message: (socket, data) => void socket.send(data) })
console.log(\`listening on \${server.ports}\`)
process.once('SIGINT', () => server.close())
`,
  )
  console.log(`ok      the package in an empty project: ${await startAndStop(project, 'node echo.mjs')}`)
  writeFileSync(
    join(project, 'handler.ts'),
    'export const message = (socket: any, data: string) => socket.send(data)\n',
  )
  const served = await startAndStop(project, 'npx ntyws serve ./handler.ts -p 0')
  console.log(`ok      ntyws serve ./handler.ts there: ${served}`)
} finally {
  rmSync(directory, { recursive: true, force: true })
}
