// Group B: what the cases of the other groups, the Autobahn suite's, leave out.

import type { FrameSpec } from '../../support/frames.js'
import { closePayload, OP } from '../../support/frames.js'
import {
  answer,
  binary,
  type Case,
  chopped,
  close,
  type Exchange,
  expects,
  fragments,
  type Group,
  one,
  pieces,
  ping,
  pong,
  quiet,
  type Role,
  send,
  text,
} from '../case.js'
import { failsAtWrongByte } from './utf8.js'

const fails = { fails: 1002 }
const hex = (digits: string) => Buffer.from(digits, 'hex')

function many(id: string, section: string, title: string, exchanges: () => Iterable<Exchange>): Case {
  return { id, section, title, exchanges }
}

// --- B1: masking ---

const kinds: [string, FrameSpec][] = [
  ['text', text('x')],
  ['a continuation', { opcode: OP.continuation, payload: 'x' }],
  ['a ping', ping('x')],
  ['a pong', pong('x')],
  ['a close', close(1000)],
]

function wronglyMasked(role: Role): Case[] {
  const place = role === 'server' ? 1 : 2
  return kinds.map(([name, frame], i) => ({
    ...one(
      `B1.${place}.${i + 1}`,
      '§5.1',
      `${role === 'server' ? 'a client must mask' : 'a server must not mask'}: ${name}`,
      () => [send({ ...frame, masked: role === 'client' })],
      fails,
    ),
    roles: [role],
  }))
}

// --- B2: reserved bits, each of the seven values, on each kind of frame ---

const reservedBits = ([name, frame]: [string, FrameSpec], place: number) =>
  many(`B2.${place + 1}`, '§5.2', `every reserved bit on ${name}`, function* () {
    const opened = frame.opcode === OP.continuation ? [send({ fin: false, payload: 'begun' }), quiet] : []
    for (let rsv = 1; rsv < 8; rsv++) yield { steps: [...opened, send({ ...frame, rsv })], end: fails }
  })

// --- B3: failing as early as the bytes allow. What the first two bytes say fails with them. ---

const early = (id: string, section: string, title: string, frame: FrameSpec, bytes: number, code = 1002) =>
  one(id, section, title, () => [{ bytesOf: frame, to: bytes }], { fails: code })

const withMask = 4
const begun: FrameSpec = { fin: false, payload: 'begun' }

// --- B5: the closing handshake ---

const codeClasses: [string, number, number, boolean][] = [
  ['0–999, not in use', 0, 999, false],
  ['1000–1003', 1000, 1003, true],
  ['1004, reserved', 1004, 1004, false],
  ['1005 and 1006, never in a frame', 1005, 1006, false],
  ['1007–1014, defined or registered', 1007, 1014, true],
  ['1015, never in a frame', 1015, 1015, false],
  ['1016–2999, for the protocol itself', 1016, 2999, false],
  ['3000–3999, registered', 3000, 3999, true],
  ['4000–4999, private', 4000, 4999, true],
  ['5000, above all classes', 5000, 5000, false],
]

const invalidReasons = ['ff', '80', 'c080', 'eda080', 'f4908080', '61c3', '61e282', '61f09f98']

// --- B6: text ---

const multiByte = 'é€😀\u{10FFFF}\u0800'

export const blindSpots: Group = {
  id: 'B',
  title: 'Beyond the Autobahn suite',
  cases: [
    ...wronglyMasked('server'),
    ...wronglyMasked('client'),
    ...kinds.map(reservedBits),

    early('B3.1', '§5.2', 'a reserved bit fails with the second byte', { rsv: 4, announce: 99 }, 2),
    early('B3.2', '§5.2', 'a reserved opcode fails with the second byte', { opcode: 3, announce: 99 }, 2),
    early('B3.3', '§5.5', 'a fragmented ping fails with the second byte', { fin: false, opcode: OP.ping }, 2),
    early('B3.4', '§5.5', 'a ping of 126 bytes fails with the second byte', { opcode: OP.ping, announce: 126 }, 2),
    early(
      'B3.5',
      '§5.5',
      'a close of 65536 bytes fails with the second byte',
      { opcode: OP.close, announce: 65_536 },
      2,
    ),
    {
      ...early('B3.6', '§5.1', 'an unmasked frame fails with the second byte', { masked: false, announce: 99 }, 2),
      roles: ['server'],
    },
    early('B3.7', '§5.2', '16 bits for a length of 125 fail with the length', { announce: 125, lengthBits: 16 }, 4),
    early(
      'B3.8',
      '§5.2',
      '64 bits for a length of 65535 fail with the length',
      { announce: 65_535, lengthBits: 64 },
      10,
    ),
    early('B3.9', '§5.2', 'a length of 2^63 fails with the length', { announce: 1n << 63n }, 10),
    early(
      'B3.10',
      '§7.4.1',
      'a message above the limit fails with its header',
      { announce: 2 ** 24 + 1 },
      10 + withMask,
      1009,
    ),
    early(
      'B3.11',
      '§5.4',
      'a continuation of nothing fails with its header',
      { opcode: 0, announce: 99 },
      2 + withMask,
    ),
    one(
      'B3.12',
      '§5.4',
      'text within a message fails with its header',
      () => [send(begun), quiet, { bytesOf: text('x'.repeat(99)), to: 2 + withMask }],
      fails,
    ),
    one('B3.13', '§5.2', 'the first byte alone is no reason to fail', () => [
      { bytesOf: text('x'), to: 1 },
      quiet,
      { bytesOf: text('x'), from: 1, to: Number.POSITIVE_INFINITY },
      expects(answer(text('x'))),
    ]),

    ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode, i) =>
      one(
        `B4.${i + 1}`,
        '§5.2, §7.1.7',
        `opcode ${opcode} within a message gets a close frame, not the mere end of TCP`,
        () => [send(begun), quiet, send({ opcode, payload: 'x' })],
        fails,
      ),
    ),
    one(
      'B4.11',
      '§7.1.7',
      'a megabyte behind the fault neither hides the close frame nor resets TCP',
      () => [send({ opcode: 3 }, binary(Buffer.alloc(2 ** 20)))],
      fails,
    ),
    one('B4.12', '§5.4', 'a continuation with no start, before any message', () => [send({ opcode: 0 })], fails),
    one(
      'B4.13',
      '§5.4',
      'a continuation with no start, behind a message',
      () => [send(text('a')), expects(answer(text('a'))), send({ opcode: 0, fin: false })],
      fails,
    ),
    one('B4.14', '§5.5', 'control frames of every kind between the fragments of a message', () => {
      const [first, second, third] = fragments(OP.binary, ['a', '', 'c']) as [FrameSpec, FrameSpec, FrameSpec]
      return [send(first, pong('x'), second, pong(), third), expects({ opcode: OP.binary, payload: 'ac' })]
    }),

    ...codeClasses.map(([title, first, last, valid], i) =>
      many(`B5.1.${i + 1}`, '§7.4.1, §7.4.2', `close codes ${title}: ${valid ? 'answered' : '1002'}`, function* () {
        for (let code = first; code <= last; code++) {
          yield { steps: [send(close(code))], end: valid ? { closes: code } : fails }
        }
      }),
    ),
    many('B5.2', '§5.5.1', 'every close payload of one byte', function* () {
      for (let byte = 0; byte < 256; byte++) {
        yield { steps: [send({ opcode: OP.close, payload: Buffer.from([byte]) })], end: fails }
      }
    }),
    many('B5.3', '§5.5.1, §8.1', 'close reasons that are no UTF-8', function* () {
      for (const reason of invalidReasons) {
        const frame = { opcode: OP.close, payload: closePayload(1000, hex(reason)) }
        yield { steps: [send(frame)], end: { fails: 1007 } }
        yield { steps: [chopped(1, frame)], end: { fails: 1007 } }
      }
    }),
    one(
      'B5.4',
      '§5.5.1',
      'a second close frame with another code, after the first was answered',
      () => [send(close(1000)), expects({ opcode: OP.close, payload: closePayload(1000) }), send(close(3000))],
      'closed',
    ),
    one(
      'B5.5',
      '§5.5.1',
      'messages, pings and rubbish, after the close was answered',
      () => [
        send(close(4000, 'bye')),
        expects({ opcode: OP.close, payload: closePayload(4000, 'bye') }),
        send(text('x'), ping('x'), { opcode: 15, rsv: 7 }),
        send(binary(Buffer.alloc(100_000))),
      ],
      'closed',
    ),
    one('B5.6', '§5.5.1', 'rubbish in the segment of the close', () => [send(close(1001), { opcode: 15, rsv: 7 })], {
      closes: 1001,
    }),
    one('B5.7', '§5.5.1', 'a close byte by byte', () => [chopped(1, close(1000, 'ü'.repeat(61)))], {
      closes: 1000,
      reason: 'ü'.repeat(61),
    }),
    one(
      'B5.8',
      '§5.5.2',
      'a ping in the segment of the close is answered first',
      () => [send(ping('p'), close(1000)), expects(answer(ping('p')))],
      { closes: 1000 },
    ),
    one('B5.9', '§7.1.7', 'a close behind a fault is not answered', () => [send({ opcode: 3 }, close(4000))], fails),

    many('B6.1', '§5.4, §8.1', 'text in two fragments, cut at every byte of each code point', function* () {
      const bytes = Buffer.from(multiByte)
      for (let cut = 0; cut <= bytes.length; cut++) {
        const cuts = fragments(OP.text, [bytes.subarray(0, cut), bytes.subarray(cut)])
        yield { steps: [send(...cuts), expects(answer(text(bytes)))], end: 'open' }
        yield {
          steps: [send(cuts[0] as FrameSpec), quiet, send(cuts[1] as FrameSpec), expects(answer(text(bytes)))],
          end: 'open',
        }
      }
    }),
    many('B6.2', '§8.1', 'text in one frame, sent in two parts, cut at every byte of each code point', function* () {
      const frame = text(multiByte)
      const size = Buffer.byteLength(multiByte)
      for (let cut = 1; cut < size; cut++) {
        const parts = [{ part: frame, from: 0, to: cut }, quiet, { part: frame, from: cut, to: size }]
        yield { steps: [...parts, expects(answer(frame))], end: 'open' }
      }
    }),
    many('B6.3', '§8.1', 'text that ends within a code point, whole and in fragments', function* () {
      const bytes = Buffer.from(multiByte)
      for (let size = 1; size < bytes.length; size++) {
        if (((bytes[size] as number) & 0xc0) !== 0x80) continue
        yield { steps: [send(text(bytes.subarray(0, size)))], end: { fails: 1007 } }
        yield { steps: [send(...fragments(OP.text, pieces(bytes.subarray(0, size), 1)))], end: { fails: 1007 } }
      }
    }),
    many('B6.4', '§8.1', 'a wrong byte at every place of a long text, in a frame that has not ended', function* () {
      for (const place of [0, 1, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 1000, 65_536, 300_000]) {
        yield failsAtWrongByte(Buffer.concat([Buffer.alloc(place, 'x'), hex('ff')]))
      }
    }),
    one('B6.5', '§5.6', 'bytes that are no UTF-8 are fine in a binary message and a ping', () => [
      send(binary(hex('fffe80c0')), ping(hex('ff'))),
      expects(answer(ping(hex('ff'))), answer(binary(hex('fffe80c0')))),
    ]),
    one('B6.6', '§8.1', 'a byte order mark is part of the text', () => [
      send(text('\uFEFFx')),
      expects(answer(text('\uFEFFx'))),
    ]),
  ],
}
