// A message that is sent while it is being made, and what waits behind it: fragments of two messages must not mix.

import { invalidArgument, invalidState } from '../base/errors.js'
import { ownOption } from '../base/own-properties.js'
import { shown } from '../base/shown.js'
import { type Payload, ReadyState, type Socket, type StreamOptions } from '../types/index.js'
import { FragmentedMessage, type OutboxRecord } from './fragmented-message.js'
import { isText } from './payload.js'
import type { SocketGroup } from './socket-group.js'
import { MID_MESSAGE, STREAMING } from './socket-state.js'

/** Of a socket on which a stream is being sent. */
interface Line {
  /** What was sent meanwhile, in its order: messages, and streams by the function that starts them. */
  readonly waiting: (OutboxRecord | (() => void))[]
  waitingBytes: number
  /** Somebody was told that the connection holds too much, and so is owed a drain. */
  drainOwed: boolean
  /** Goes on with the stream; called when the connection has drained, and when it is no longer open. */
  wake: () => void
}

/** What a stream wants of the socket that it is sent on. */
// biome-ignore lint/suspicious/noExplicitAny: each has a type of data of its own
export interface StreamSocket extends Socket<any> {
  // biome-ignore lint/suspicious/noExplicitAny: the same
  readonly group: SocketGroup<any>
  state: number
  /** Without what waits behind the stream. */
  readonly unsentBytes: number
  append(record: OutboxRecord): boolean
}

const lines = new Map<StreamSocket, Line>()

const isOpen = (socket: StreamSocket): boolean => socket.readyState === ReadyState.OPEN

export async function sendStream(
  socket: StreamSocket,
  pieces: AsyncIterable<Payload>,
  options: StreamOptions = {},
): Promise<boolean> {
  const binary = ownOption(options, 'binary', options.binary)
  if (typeof pieces?.[Symbol.asyncIterator] !== 'function') {
    throw invalidArgument(`sendStream takes an async iterable or a ReadableStream, not ${shown(pieces)}`)
  }
  if (socket.state & MID_MESSAGE) {
    throw invalidState('the message that was begun with fin: false has to be finished before another is streamed')
  }
  const iterator = pieces[Symbol.asyncIterator]()
  const line = await takeTurn(socket)
  try {
    return await send(socket, line, iterator, binary)
  } finally {
    endTurn(socket, line)
  }
}

// Resolves at once where no other stream is being sent.
function takeTurn(socket: StreamSocket): Line | Promise<Line> {
  const line = lines.get(socket)
  if (line) return new Promise((resolve) => line.waiting.push(() => resolve(line)))
  const own: Line = { waiting: [], waitingBytes: 0, drainOwed: false, wake: () => {} }
  if (isOpen(socket)) {
    socket.state |= STREAMING
    lines.set(socket, own)
  }
  return own
}

// Sends what waited, up to the next stream.
function endTurn(socket: StreamSocket, line: Line): void {
  for (let next = line.waiting.shift(); next; next = line.waiting.shift()) {
    if (typeof next === 'function') return next()
    line.waitingBytes -= next.bytes.length
    if (isOpen(socket)) socket.append(next)
  }
  lines.delete(socket)
  if (!isOpen(socket)) return
  socket.state &= ~STREAMING
  const { handlers, highWaterMark } = socket.group
  // Otherwise it comes when the outbox has been flushed. Not from here: what it throws is none of the stream's.
  if (line.drainOwed && socket.bufferedAmount <= highWaterMark) queueMicrotask(() => handlers.drain?.(socket))
}

// False when the connection is no longer open: the rest of the pieces is not asked for.
async function send(
  socket: StreamSocket,
  line: Line,
  iterator: AsyncIterator<Payload>,
  binary: boolean | undefined,
): Promise<boolean> {
  let message: FragmentedMessage | undefined
  let isDone: boolean | undefined
  try {
    while (!isDone && (await hasRoom(socket, line))) {
      const piece = await nextWhileOpen(socket, line, iterator)
      if (!piece) break
      isDone = piece.done === true
      const data = isDone ? '' : piece.value
      message ??= new FragmentedMessage(isDone ? binary === false : isText(data, binary))
      socket.append(message.next(data, isDone))
    }
  } catch (error) {
    // RFC 6455 has no way to break a message off: what has begun can only end with the connection.
    if (message?.hasBegun) socket.close(1011, 'a message could not be finished')
    throw error
  } finally {
    // Not waited for, as a generator gets to it only when what it waits for itself has come.
    if (!isDone) void iterator.return?.()?.then(undefined, () => {})
  }
  return isDone === true
}

async function hasRoom(socket: StreamSocket, line: Line): Promise<boolean> {
  while (isOpen(socket) && socket.unsentBytes > socket.group.highWaterMark) {
    await new Promise<void>((resolve) => {
      line.wake = resolve
    })
  }
  return isOpen(socket)
}

// Undefined as soon as the connection is no longer open, however long the next piece takes.
async function nextWhileOpen(socket: StreamSocket, line: Line, iterator: AsyncIterator<Payload>) {
  const piece = await new Promise<IteratorResult<Payload> | undefined>((resolve, reject) => {
    line.wake = () => isOpen(socket) || resolve(undefined)
    iterator.next().then(resolve, reject)
  })
  return isOpen(socket) ? piece : undefined
}

/** Goes on with the stream that is being sent: the connection has drained, or is no longer open. */
export function wakeStream(socket: StreamSocket): void {
  lines.get(socket)?.wake()
}

/** Keeps a record until the stream that is being sent has ended. The bytes are copied, as they are the caller's. */
export function holdBehindStream(socket: StreamSocket, { kind, bytes }: OutboxRecord): void {
  const line = lines.get(socket) as Line
  line.waiting.push({ kind, bytes: Buffer.from(bytes) })
  line.waitingBytes += bytes.length
  line.drainOwed ||= socket.bufferedAmount > socket.group.highWaterMark
}

/** Bytes of the messages that wait behind a stream. */
export function waitingBytes(socket: StreamSocket): number {
  return lines.get(socket)?.waitingBytes ?? 0
}
