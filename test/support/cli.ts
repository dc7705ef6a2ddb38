// Runs the built command as a child process and collects what it prints.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export const mainFile = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

export class Cli {
  stdout = ''
  stderr = ''
  readonly exit: Promise<Exit>
  readonly #child: ChildProcessWithoutNullStreams

  private constructor(file: string, args: readonly string[]) {
    this.#child = spawn(file, args)
    this.#child.stdout.setEncoding('utf8').on('data', (text) => {
      this.stdout += text
    })
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.stderr += text
    })
    this.exit = once(this.#child, 'close').then(([code, signal]) => ({
      code,
      signal,
      stdout: this.stdout,
      stderr: this.stderr,
    }))
  }

  static start(...args: string[]): Cli {
    return new Cli(process.execPath, [mainFile, ...args])
  }

  /** On a pseudo-terminal of this many columns; stdout then carries what the terminal gets. */
  static startOnTerminal(columns: number, ...args: string[]): Cli {
    const command = [process.execPath, mainFile, ...args].map((word) => `'${word}'`).join(' ')
    return new Cli('script', ['-qec', `stty cols ${columns}; exec ${command}`, '/dev/null'])
  }

  /** Waits until stdout matches. @throws when the command ends before it does. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.stdout)
      if (match) return match
      const ended = await Promise.race([once(this.#child.stdout, 'data').then(() => false), this.exit.then(() => true)])
      if (ended && !pattern.test(this.stdout)) {
        throw new Error(`ended without printing ${pattern}: ${this.stdout}${this.stderr}`)
      }
    }
  }

  /** Waits for the line that says where it listens. @returns its URL, ws://host:ports */
  async listening(): Promise<string> {
    return (await this.printed(/^listening on (\S+)/m))[1]
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  type(keys: string): void {
    this.#child.stdin.write(keys)
  }
}
