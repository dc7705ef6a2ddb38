import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { formatLiveLine, startLiveLine, type Terminal } from '../../lib/cli/serve/live-line.js'
import type { ServerStats } from '../../lib/types/index.js'
import { FakeTerminal } from '../support/terminal.js'

const zero: ServerStats = {
  connections: 0,
  accepted: 0,
  refused: 0,
  messagesReceived: 0,
  messagesSent: 0,
  bytesReceived: 0,
  bytesSent: 0,
}

describe('formatLiveLine', () => {
  test('tells connections and rates', () => {
    const current = {
      ...zero,
      connections: 12,
      messagesReceived: 1_200_000,
      messagesSent: 1_200_000,
      bytesReceived: 38e6,
      bytesSent: 38e6,
    }
    expect(formatLiveLine(zero, current, 1000)).toBe(
      '12 connections · 1.2 M msg/s in · 1.2 M out · 38 MB/s in · 38 MB/s out',
    )
  })

  test('rates are differences by the time that has passed', () => {
    const previous = { ...zero, messagesReceived: 1000, bytesSent: 500 }
    const current = { ...zero, connections: 1, messagesReceived: 2000, bytesSent: 1500 }
    expect(formatLiveLine(previous, current, 2000)).toBe('1 connection · 500 msg/s in · 0 out · 0 B/s in · 500 B/s out')
  })

  test('no time passed is no division by zero', () => {
    expect(formatLiveLine(zero, zero, 0)).toBe('0 connections · 0 msg/s in · 0 out · 0 B/s in · 0 B/s out')
  })

  test.each([
    [0, '0 B/s'],
    [999, '999 B/s'],
    [999.6, '1.0 kB/s'],
    [1000, '1.0 kB/s'],
    [9940, '9.9 kB/s'],
    [9960, '10 kB/s'],
    [999_400, '999 kB/s'],
    [999_600, '1.0 MB/s'],
    [2.5e9, '2.5 GB/s'],
    [3e15, '3000 TB/s'],
  ])('%d bytes a second are %s', (bytesReceived, shown) => {
    expect(formatLiveLine(zero, { ...zero, bytesReceived }, 1000)).toContain(` · ${shown} in · `)
  })

  test('connections are exact', () => {
    expect(formatLiveLine(zero, { ...zero, connections: 123_456 }, 1000)).toMatch(/^123,456 connections · /)
  })
})

describe('startLiveLine', () => {
  const idle = '0 connections · 0 msg/s in · 0 out · 0 B/s in · 0 B/s out'
  let terminal: FakeTerminal
  let current: ServerStats
  let stop: () => void
  const start = (others: Terminal[] = []) => {
    stop = startLiveLine({ stats: () => current, terminal, others, now: () => Date.now() })
  }

  beforeEach(() => {
    vi.useFakeTimers()
    terminal = new FakeTerminal()
    current = { ...zero }
  })
  afterEach(() => {
    stop()
    vi.useRealTimers()
  })

  test('shows at once, refreshes in place, and disappears', () => {
    start()
    expect(terminal.lines).toEqual([idle])
    current = { ...current, connections: 3, messagesReceived: 40 }
    vi.advanceTimersByTime(1000)
    expect(terminal.lines).toEqual(['3 connections · 40 msg/s in · 0 out · 0 B/s in · 0 B/s out'])
    vi.advanceTimersByTime(1000)
    expect(terminal.lines).toEqual(['3 connections · 0 msg/s in · 0 out · 0 B/s in · 0 B/s out'])
    stop()
    expect(terminal.lines).toEqual([''])
    vi.advanceTimersByTime(5000)
    expect(terminal.lines).toEqual([''])
  })

  test('is cut to the width of the terminal, as it is now', () => {
    terminal.columns = 20
    start()
    expect(terminal.lines).toEqual([idle.slice(0, 19)])
    terminal.columns = 10
    vi.advanceTimersByTime(1000)
    expect(terminal.lines).toEqual([idle.slice(0, 9)])
  })

  test('a terminal that does not know its width has 80 columns', () => {
    terminal.columns = 0
    current = { ...zero, connections: 1_000_000 }
    start()
    vi.advanceTimersByTime(1000)
    expect(terminal.lines[0].length).toBeLessThan(80)
    expect(terminal.lines[0]).toMatch(/^1,000,000 connections/)
  })

  test('steps aside for other output and comes back below it', () => {
    start()
    terminal.write('hello\n')
    expect(terminal.lines).toEqual(['hello', ''])
    terminal.write(Buffer.from('bytes\n'))
    vi.advanceTimersByTime(0)
    expect(terminal.lines).toEqual(['hello', 'bytes', idle])
  })

  test('waits while a line of other output is unfinished', () => {
    start()
    terminal.write('half ')
    vi.advanceTimersByTime(3000)
    expect(terminal.lines).toEqual(['half '])
    terminal.write('whole\n')
    vi.advanceTimersByTime(0)
    expect(terminal.lines).toEqual(['half whole', idle])
  })

  test('steps aside for other streams on the same terminal', () => {
    const others: Terminal = { columns: 200, write: terminal.write }
    start([others])
    others.write('bad\n')
    vi.advanceTimersByTime(0)
    expect(terminal.lines).toEqual(['bad', idle])
  })

  test('gives the streams their write back', () => {
    const { write } = terminal
    start()
    expect(terminal.write).not.toBe(write)
    stop()
    expect(terminal.write).toBe(write)
  })

  test('leaves no listener on the process', () => {
    const count = () => process.listenerCount('exit') + process.listenerCount('warning')
    const before = count()
    start()
    expect(count()).toBe(before + 2)
    stop()
    expect(count()).toBe(before)
  })
})
