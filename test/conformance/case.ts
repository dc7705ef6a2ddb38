// What a conformance case is: data only, the same whichever role the endpoint under test plays. How the frames get on
// the wire (masked or not) and who ends TCP is the runner's to know.

import type { PerMessageDeflateOptions } from 'ntyws'
import { closePayload, type FrameSpec, OP, RSV1 } from '../support/frames.js'
import type { DeflateTerms } from '../support/message-deflate.js'

/** That of the endpoint under test. */
export type Role = 'server' | 'client'

export interface Case {
  /** Group, and number within it: that of the Autobahn case of the same meaning, or of group B, our own. */
  id: string
  /** Of RFC 6455, unless it says otherwise. */
  section: string
  title: string
  /** Default: both. */
  roles?: Role[]
  /** Each on a connection of its own. Made when asked for: some are large. */
  exchanges(): Iterable<Exchange>
}

export interface Group {
  id: string
  title: string
  cases: Case[]
}

export interface Exchange {
  steps: Step[]
  end: End
  /** Default: none is agreed on. */
  compression?: Compression
}

/** Compression as the opening handshake agrees on it. */
export interface Compression {
  /** By the role of the endpoint under test: its options, what the client offers, and what the server answers. */
  handshake: Record<Role, { options: PerMessageDeflateOptions; offer: string; answer: string }>
  /** What holds then for the messages of either side. */
  terms: DeflateTerms
}

export type Step =
  /** Frames in one write, or in writes of `chop` bytes each, which the peer receives one by one. */
  | { send: FrameSpec[]; chop?: number }
  /** Bytes of a frame, header included, from `from` (default: the first) to `to`. */
  | { bytesOf: FrameSpec; from?: number; to: number }
  /** Payload bytes `from` to `to` of a frame. Its header goes with those from 0 on. */
  | { part: FrameSpec; from: number; to: number }
  /** These frames come, before anything more is sent, and nothing but them. */
  | { expect: Reply[] }
  /** The peer has read all that was sent, and nothing has come of it. */
  | { quiet: true }

export interface Reply {
  opcode: number
  payload: string | Uint8Array
  /** Whether it comes compressed; default: either way, where that was agreed on. */
  compressed?: boolean
}

export type End =
  /** All was right: we close with 1000 and get that back. */
  | 'open'
  /** The connection is failed with this code, without anything more from us: a close frame, then the end of TCP. */
  | { fails: number }
  /** Our close frame was among what was sent: it is answered with its code (undefined: with none) and reason, then TCP ends. */
  | { closes: number | undefined; reason?: string }
  /** The close frame was among what was expected: TCP ends. */
  | 'closed'

export function one(id: string, section: string, title: string, steps: () => Step[], end: End = 'open'): Case {
  return { id, section, title, exchanges: () => [{ steps: steps(), end }] }
}

export const send = (...frames: FrameSpec[]): Step => ({ send: frames })
export const chopped = (chop: number, ...frames: FrameSpec[]): Step => ({ send: frames, chop })
export const framewise = (...frames: FrameSpec[]): Step[] => frames.map((frame) => send(frame))
export const expects = (...replies: Reply[]): Step => ({ expect: replies })
export const quiet: Step = { quiet: true }

/** What a frame of text or bytes is echoed as, a ping answered with. */
export function answer(frame: FrameSpec): Reply {
  const opcode = frame.opcode === OP.ping ? OP.pong : (frame.opcode ?? OP.text)
  return { opcode, payload: frame.payload ?? '' }
}

export const text = (payload: string | Uint8Array = ''): FrameSpec => ({ opcode: OP.text, payload })
export const binary = (payload: string | Uint8Array = ''): FrameSpec => ({ opcode: OP.binary, payload })
export const ping = (payload: string | Uint8Array = ''): FrameSpec => ({ opcode: OP.ping, payload })
export const pong = (payload: string | Uint8Array = ''): FrameSpec => ({ opcode: OP.pong, payload })
export const close = (code?: number, reason: string | Uint8Array = ''): FrameSpec => ({
  opcode: OP.close,
  payload: code === undefined ? '' : closePayload(code, reason),
})

/** A message in frames of these payloads. */
export function fragments(opcode: number, payloads: readonly (string | Uint8Array)[]): FrameSpec[] {
  return payloads.map((payload, i) => ({
    fin: i === payloads.length - 1,
    opcode: i === 0 ? opcode : OP.continuation,
    payload,
  }))
}

/** Marks frames of one message, whose payload is compressed. */
export function compressed(frames: readonly FrameSpec[]): FrameSpec[] {
  return frames.map((frame, i) => (i === 0 ? { ...frame, rsv: RSV1 } : frame))
}

export function pieces(bytes: Uint8Array, size: number): Uint8Array[] {
  const count = Math.ceil(bytes.length / size)
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * size, (i + 1) * size))
}
