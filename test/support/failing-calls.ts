// System calls that fail when a test says so: builds failing_calls.cc, and writes the plan that it follows.

import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { FaultServerSettings } from './fault-server.js'

const source = fileURLToPath(new URL('failing_calls.cc', import.meta.url))
// In the order of failing_calls.cc.
const calls = ['', 'send', 'recv', 'accept4', 'epoll_ctl', 'socket', 'connect', 'setsockopt', 'getsockopt'] as const
const faults = ['fails', 'dies', 'moves one byte', 'crawls'] as const

export interface Fault {
  call: Exclude<(typeof calls)[number], ''>
  fault: (typeof faults)[number]
  /** What a call that fails or dies says. */
  error?: keyof typeof constants.errno
}

/** Of calls that move bytes: what any of them may do, and no connection suffers. */
export const harmlessTransfers: Fault[] = (['send', 'recv'] as const).flatMap((call) => [
  { call, fault: 'moves one byte' },
  { call, fault: 'fails', error: 'EAGAIN' },
  { call, fault: 'fails', error: 'EINTR' },
])

export class FailingCalls {
  readonly settings: FaultServerSettings
  readonly #plan: number

  constructor() {
    const folder = mkdtempSync(join(tmpdir(), 'ntyws-calls-'))
    const preload = join(folder, 'failing_calls.so')
    const plan = join(folder, 'plan')
    execFileSync('g++', ['-std=c++20', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC', source, '-o', preload])
    this.#plan = openSync(plan, 'w+')
    this.#write(0, 0, 0, 0)
    this.settings = { preload, environment: { FAILING_CALLS_PLAN: plan } }
    onTestFinished(() => {
      closeSync(this.#plan)
      rmSync(folder, { recursive: true })
    })
  }

  /** The n-th of these calls from now on is spoiled. */
  spoil({ call, fault, error }: Fault, n: number): void {
    this.#write(calls.indexOf(call), n, faults.indexOf(fault), error ? constants.errno[error] : 0)
  }

  /** From now on all goes well. @returns whether a call was spoiled. */
  stop(): boolean {
    const plan = new Int32Array(4)
    readSync(this.#plan, plan, 0, plan.byteLength, 0)
    this.#write(0, 0, 0, 0)
    return plan[1] === 0
  }

  #write(...words: [number, number, number, number]): void {
    const plan = Int32Array.from(words)
    writeSync(this.#plan, plan, 0, plan.byteLength, 0)
  }
}
