// Turns the command line into a command, or into a sentence about what is wrong with it. Values are left to
// those who use them: port lists are parsed by serve().

import { type ParseArgsConfig, parseArgs } from 'node:util'
import { CommandError } from './command-error.js'

export interface ServeCommand {
  name: 'serve'
  /** File name of the handler module. */
  handler?: string
  /** A port list such as '8888,9000-9010'. */
  port?: string
  host?: string
  workers?: number
  /** Whose pages may connect. */
  origins?: string[]
  /** File names; each PEM. */
  cert?: string
  key?: string
  ca?: string
  quiet: boolean
}

export type Command = { name: 'help'; topic?: 'serve' } | { name: 'version' } | ServeCommand

/** @throws CommandError with exit status 2. */
export function parseCommand(args: readonly string[]): Command {
  const [first, ...rest] = args
  if (first === undefined) return { name: 'help' }
  if (first.startsWith('-')) return parseTopLevel(args)
  if (first === 'serve') return parseServe(rest)
  throw new CommandError(2, `unknown command '${first}'; see 'ntyws --help'`)
}

function parseTopLevel(args: readonly string[]): Command {
  const { options } = parse(args, 'ntyws', {
    help: { type: 'boolean', short: 'h' },
    version: { type: 'boolean', short: 'v' },
  })
  return options.has('version') && !options.has('help') ? { name: 'version' } : { name: 'help' }
}

function parseServe(args: readonly string[]): Command {
  const { options, positionals } = parse(args, 'ntyws serve', {
    help: { type: 'boolean', short: 'h' },
    port: { type: 'string', short: 'p' },
    host: { type: 'string', short: 'H' },
    workers: { type: 'string', short: 'w' },
    origin: { type: 'string' },
    cert: { type: 'string' },
    key: { type: 'string' },
    ca: { type: 'string' },
    quiet: { type: 'boolean' },
  })
  if (options.has('help')) return { name: 'help', topic: 'serve' }

  const [handler, extra] = positionals
  if (extra !== undefined) throw new CommandError(2, `'${extra}' is one handler too many: serve takes one`)

  const command: ServeCommand = { name: 'serve', quiet: options.has('quiet') }
  if (handler !== undefined) command.handler = handler
  // -p 8888 -p 9000 is the same as -p 8888,9000.
  const port = options.get('port')?.join(',')
  if (port !== undefined) command.port = port
  const origins = options.get('origin')
  if (origins !== undefined) command.origins = origins
  for (const name of ['host', 'cert', 'key', 'ca'] as const) {
    const value = options.get(name)?.at(-1)
    if (value !== undefined) command[name] = value
  }
  const { cert, key, ca } = command
  if ((cert ?? ca) !== undefined && key === undefined)
    throw new CommandError(2, `--${cert ? 'cert' : 'ca'} needs --key`)
  if (key !== undefined && cert === undefined) throw new CommandError(2, '--key needs --cert')
  const workers = options.get('workers')?.at(-1)
  if (workers !== undefined) command.workers = parseWorkers(workers)
  return command
}

function parseWorkers(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new CommandError(2, `--workers takes a number from 1 on, not '${text}'`)
  return Number(text)
}

type OptionsConfig = NonNullable<ParseArgsConfig['options']>

interface Parsed {
  /** By long name; a boolean that was given has an empty list. */
  options: Map<string, string[]>
  positionals: string[]
}

// parseArgs is asked for tokens only: its own complaints speak of its API rather than of the command line.
function parse(args: readonly string[], command: string, options: OptionsConfig): Parsed {
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const parsed: Parsed = { options: new Map(), positionals: [] }
  for (const token of tokens) {
    if (token.kind === 'positional') parsed.positionals.push(token.value)
    if (token.kind !== 'option') continue

    const { name, rawName, value, inlineValue } = token
    const type = Object.hasOwn(options, name) ? options[name]?.type : undefined
    if (type === undefined) throw new CommandError(2, `unknown option '${rawName}'; see '${command} --help'`)

    const values = parsed.options.get(name) ?? []
    if (type === 'boolean') {
      if (value !== undefined) throw new CommandError(2, `option '${rawName}' takes no value`)
    } else {
      // Another option in the place of the value is a value forgotten; --port=-1 says it is meant.
      if (value === undefined || value === '' || (!inlineValue && value.startsWith('-'))) {
        throw new CommandError(2, `option '${rawName}' needs a value`)
      }
      values.push(value)
    }
    parsed.options.set(name, values)
  }
  return parsed
}
