#!/usr/bin/env node
// The `ntyws` command: runs what the command line asks for, and turns errors into sentences and exit statuses.

import { readFileSync } from 'node:fs'
import { type Command, parseCommand } from './arguments.js'
import { CommandError } from './command-error.js'
import { helpText } from './help.js'

try {
  await run(parseCommand(process.argv.slice(2)))
} catch (error) {
  // Node itself shows other errors best, with stack and source line, and exits with 1.
  if (!(error instanceof CommandError)) throw error
  console.error(`ntyws: ${error.message}`)
  process.exit(error.exitStatus)
}

async function run(command: Command): Promise<void> {
  switch (command.name) {
    case 'help':
      process.stdout.write(helpText(command.topic))
      break
    case 'version':
      console.log(version())
      break
    case 'serve': {
      // Loaded only now, so that help works where the addon does not load.
      const { serveCommand } = await import('./serve/serve-command.js')
      await serveCommand(command)
    }
  }
}

function version(): string {
  const url = new URL('../../package.json', import.meta.url)
  return JSON.parse(readFileSync(url, 'utf8')).version
}
