// What a terminal shows of what it gets, as far as the live line needs it: \r goes to the start of the line,
// ESC [K erases to its end.

export class FakeTerminal {
  columns = 200
  lines = ['']
  #column = 0

  write = (chunk: string | Uint8Array): boolean => {
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()
    // The dot is for ESC, which the linter wants in no pattern.
    for (const part of text.split(/(\r|\n|.\[K)/)) {
      const line = this.lines[this.lines.length - 1]
      if (part === '\r') {
        this.#column = 0
      } else if (part === '\n') {
        this.lines.push('')
        this.#column = 0
      } else if (part === '\x1b[K') {
        this.lines[this.lines.length - 1] = line.slice(0, this.#column)
      } else {
        const end = this.#column + part.length
        this.lines[this.lines.length - 1] = line.slice(0, this.#column) + part + line.slice(end)
        this.#column = end
      }
    }
    return true
  }
}
