// One line at the bottom of a terminal that tells once a second what the server does. It steps aside for whatever
// else is written to the terminal, and leaves nothing behind.

import type { ServerStats } from '../../index.js'

const refreshIntervalMs = 1000
const columnsDefault = 80
const eraseLine = '\r\x1b[K'

/** What the line needs of a `tty.WriteStream`. */
export interface Terminal {
  columns: number
  write: NodeJS.WriteStream['write']
}

export interface LiveLineOptions {
  stats(): ServerStats
  /** Where the line is drawn. */
  terminal: Terminal
  /** Other streams that write to the same terminal. */
  others?: readonly Terminal[]
  /** Milliseconds of a clock that never goes back. */
  now?(): number
}

/** Starts the line; it neither keeps the process alive nor outlives it. @returns a function that removes it. */
export function startLiveLine({
  stats,
  terminal,
  others = [],
  now = () => performance.now(),
}: LiveLineOptions): () => void {
  const draw = terminal.write.bind(terminal)
  let previous = stats()
  let previousMs = now()
  let text = formatLiveLine(previous, previous, refreshIntervalMs)
  let drawn = false
  // The cursor stands behind something that someone else has not finished with a newline.
  let midLine = false
  let redrawing: NodeJS.Immediate | undefined

  const show = () => {
    redrawing = undefined
    if (midLine) return
    // One column stays free: a full line would leave some terminals waiting to wrap.
    draw(`${eraseLine}${text.slice(0, (terminal.columns || columnsDefault) - 1)}`)
    drawn = true
  }
  const hide = () => {
    if (drawn) draw(eraseLine)
    drawn = false
  }
  const refresh = () => {
    const current = stats()
    const currentMs = now()
    text = formatLiveLine(previous, current, currentMs - previousMs)
    previous = current
    previousMs = currentMs
    show()
  }
  const stepAside = (chunk: string | Uint8Array) => {
    hide()
    if (chunk.length > 0) midLine = !endsWithNewline(chunk)
    // Once per turn of the loop, however much is written in it.
    redrawing ??= setImmediate(show).unref()
  }

  const restore = [terminal, ...others].map((stream) => interceptWrites(stream, stepAside))
  const timer = setInterval(refresh, refreshIntervalMs).unref()
  // Node writes its warnings past process.stderr.
  process.prependListener('warning', hide)
  process.once('exit', stop)
  show()

  function stop(): void {
    clearInterval(timer)
    clearImmediate(redrawing)
    process.removeListener('warning', hide)
    process.removeListener('exit', stop)
    for (const undo of restore) undo()
    hide()
  }
  return stop
}

/** Calls `before` with each chunk before it is written. @returns a function that undoes it. */
function interceptWrites(stream: Terminal, before: (chunk: string | Uint8Array) => void): () => void {
  const original = stream.write
  stream.write = ((...args: Parameters<typeof original>) => {
    before(args[0])
    return original.apply(stream, args)
  }) as typeof original
  return () => {
    stream.write = original
  }
}

function endsWithNewline(chunk: string | Uint8Array): boolean {
  const last = chunk.at(-1)
  return last === '\n' || last === 0x0a
}

/** For example `12 connections · 1.2 M msg/s in · 1.2 M out · 38 MB/s in · 38 MB/s out`. */
export function formatLiveLine(previous: ServerStats, current: ServerStats, elapsedMs: number): string {
  const perSecond = (name: keyof ServerStats) =>
    scale(((current[name] - previous[name]) * 1000) / Math.max(elapsedMs, 1))
  const { connections } = current
  return [
    `${connections.toLocaleString('en-US')} ${connections === 1 ? 'connection' : 'connections'}`,
    `${perSecond('messagesReceived').trimEnd()} msg/s in`,
    `${perSecond('messagesSent').trimEnd()} out`,
    `${perSecond('bytesReceived')}B/s in`,
    `${perSecond('bytesSent')}B/s out`,
  ].join(' · ')
}

const prefixes = ['', 'k', 'M', 'G', 'T']

/** A number and its decimal prefix, ready for 'B/s' to follow: '512 ', '1.2 k', '38 M'. */
function scale(value: number): string {
  let index = 0
  // What would be shown as 1000 is shown as 1.0 of the next prefix.
  while (value >= 999.5 && index < prefixes.length - 1) {
    value /= 1000
    index++
  }
  const digits = index > 0 && value < 9.95 ? 1 : 0
  return `${value.toFixed(digits)} ${prefixes[index]}`
}
