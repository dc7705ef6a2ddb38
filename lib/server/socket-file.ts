// The file of a Unix socket that we listen on. It is ours to remove, and no other that lies at its path by then.

import { type BigIntStats, lstatSync, unlinkSync } from 'node:fs'
import { resolve } from 'node:path'

export class SocketFile {
  /** The working directory may change. */
  readonly #path: string
  readonly #made: BigIntStats | undefined

  /** To be called right after bind(2) has made the file. */
  constructor(path: string) {
    this.#path = resolve(path)
    this.#made = statusOf(this.#path)
  }

  /** To be called before the socket is closed: until then the kernel keeps its inode, whose number is nobody else's. */
  remove(): void {
    const found = statusOf(this.#path)
    if (!found?.isSocket() || found.dev !== this.#made?.dev || found.ino !== this.#made.ino) return
    try {
      unlinkSync(this.#path)
    } catch {} // somebody else's doing, or a folder that we may not write to any more: the server closes all the same
  }
}

function statusOf(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true })
  } catch {
    return undefined
  }
}
