// Plays conformance cases against an endpoint, and judges strictly: frames come in this order and no others, compressed ones
// only where that was agreed on, the close frame is whole and has the right code, TCP ends behind it in order, and by the right
// side.

import { strict as assert } from 'node:assert'
import { once } from 'node:events'
import { describe, test } from 'vitest'
import { closePayload, encodeFrame, type Frame, type FrameSpec, OP, RSV1 } from '../support/frames.js'
import { MessageDecompressor } from '../support/message-deflate.js'
import type { RawClient } from '../support/raw-client.js'
import type { Case, Compression, End, Exchange, Group, Reply, Role, Step } from './case.js'

/** The endpoint under test, which echoes messages. */
export interface Subject {
  role: Role
  /** An open connection to it, ours to play the other side by hand. Its handshake is as `compression` says. */
  connect(compression?: Compression): Promise<RawClient>
  /** Resolves when it has read all that was sent before, and what it answered has come. */
  settle(): Promise<void>
}

/** The other side of the connection that a case is played on. */
interface Played {
  subject: Subject
  peer: RawClient
  /** Undefined: nothing compressed may come. */
  decompressor: MessageDecompressor | undefined
}

// Connections at a time of one case: close codes are many.
const concurrency = 50

export function runGroup(group: Group, subject: Subject): void {
  describe(`${group.id}. ${group.title}`, () => {
    for (const each of group.cases.filter(({ roles }) => roles?.includes(subject.role) ?? true)) {
      test(`${each.id} ${each.title}`, () => runCase(each, subject))
    }
  })
}

async function runCase({ exchanges }: Case, subject: Subject): Promise<void> {
  const left = exchanges()[Symbol.iterator]()
  const runThem = async () => {
    for (let next = left.next(); !next.done; next = left.next()) await runExchange(next.value, subject)
  }
  await Promise.all(Array.from({ length: concurrency }, runThem))
}

async function runExchange({ steps, end, compression }: Exchange, subject: Subject): Promise<void> {
  const peer = await subject.connect(compression)
  const decompressor = compression?.terms && new MessageDecompressor(compression.terms)
  const played: Played = { subject, peer, decompressor }
  try {
    for (const step of steps) await runStep(step, played)
    await runEnd(end, played)
  } finally {
    peer.socket.destroy()
  }
}

async function runStep(step: Step, played: Played): Promise<void> {
  const { peer, subject } = played
  const encode = (frame: FrameSpec) => encodeFrame({ ...frame, masked: frame.masked ?? subject.role === 'server' })
  if ('send' in step) {
    const bytes = Buffer.concat(step.send.map(encode))
    await writeInChops(peer, bytes, step.chop ?? bytes.length)
  } else if ('bytesOf' in step) {
    const bytes = encode(step.bytesOf).subarray(step.from ?? 0, step.to)
    await writeInChops(peer, bytes, bytes.length)
  } else if ('part' in step) {
    const bytes = encode(step.part)
    const headSize = bytes.length - Buffer.from(step.part.payload ?? '').length
    const start = step.from === 0 ? 0 : headSize + step.from
    await writeInChops(peer, bytes.subarray(start, headSize + step.to), bytes.length)
  } else if ('expect' in step) {
    for (const reply of step.expect) judgeReply(await peer.readFrame(), reply, played)
  } else {
    await subject.settle()
    assert.equal(peer.unread, 0, 'nothing is to come of what was sent so far')
    assert.equal(peer.ended, false, 'the connection is to stay open')
  }
}

// After each chop the event loop goes round once, so that the peer, which runs on it, receives them one by one.
async function writeInChops(peer: RawClient, bytes: Buffer, chop: number): Promise<void> {
  for (let at = 0; at < bytes.length; at += chop) {
    peer.write(bytes.subarray(at, at + chop))
    await new Promise(setImmediate)
  }
}

async function runEnd(end: End, played: Played): Promise<void> {
  const { peer, subject } = played
  if (end === 'open') {
    await subject.settle()
    assert.equal(peer.unread, 0, 'nothing else is to come')
    await runStep({ send: [{ opcode: OP.close, payload: closePayload(1000) }] }, played)
    judgeReply(await peer.readFrame(), { opcode: OP.close, payload: closePayload(1000) }, played)
  } else if (end !== 'closed') {
    const frame = await peer.readFrame()
    if ('closes' in end) {
      const payload = end.closes === undefined ? '' : closePayload(end.closes, end.reason)
      judgeReply(frame, { opcode: OP.close, payload }, played)
    } else {
      judgeFailure(frame, end.fails, subject)
    }
  }
  await judgeEndOfTcp(peer, subject)
}

function judgeReply(frame: Frame, reply: Reply, { subject, decompressor }: Played): void {
  const beginsMessage = frame.opcode === OP.text || frame.opcode === OP.binary
  const isCompressed = decompressor !== undefined && beginsMessage && frame.rsv === RSV1
  judgeHeader(frame, reply.opcode, subject, isCompressed ? RSV1 : 0)
  assert.equal(isCompressed, reply.compressed ?? isCompressed, 'whether it is compressed')
  const payload = isCompressed ? decompressor.decompress(frame.payload) : frame.payload
  const expected = Buffer.from(reply.payload)
  assert.equal(payload.length, expected.length, 'bytes of payload')
  if (!payload.equals(expected))
    assert.fail(`the payload differs from byte ${payload.findIndex((b, i) => b !== expected[i])}`)
}

function judgeHeader({ fin, rsv, opcode, masked }: Frame, expected: number, { role }: Subject, expectedRsv = 0): void {
  const header = { fin, rsv, opcode, masked }
  assert.deepStrictEqual(header, { fin: true, rsv: expectedRsv, opcode: expected, masked: role === 'client' })
}

function judgeFailure(frame: Frame, code: number, subject: Subject): void {
  const { payload } = frame
  judgeHeader(frame, OP.close, subject)
  assert.ok(payload.length >= 2 && payload.length <= 125, `a close payload of ${payload.length} bytes`)
  assert.equal(payload.readUInt16BE(), code, 'close code')
  new TextDecoder('utf-8', { fatal: true }).decode(payload.subarray(2))
}

// RFC 6455 §7.1.1: the server ends TCP first. We have not ended our side: that is seen to be its own doing.
async function judgeEndOfTcp(peer: RawClient, { role }: Subject): Promise<void> {
  if (role === 'client') peer.end()
  const rest = await peer.readToEnd()
  assert.equal(rest.length, 0, `nothing is to come behind the close frame, but ${rest.toString('hex', 0, 40)} did`)
  if (!peer.socket.closed) {
    peer.end()
    await once(peer.socket, 'close')
  }
  assert.equal(peer.error, undefined, 'TCP is to end in order')
}
