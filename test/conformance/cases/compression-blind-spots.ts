// Group C: what the Autobahn suite's cases about compression leave out: reserved bits, data by hand, faults and limits.

import { constants } from 'node:zlib'
import { corpora, noise, pieceOf } from '../../support/corpora.js'
import { type FrameSpec, OP, RSV1 } from '../../support/frames.js'
import { type DeflateTerms, MessageCompressor } from '../../support/message-deflate.js'
import {
  answer,
  binary,
  type Case,
  type Compression,
  chopped,
  close,
  compressed,
  type End,
  type Exchange,
  expects,
  fragments,
  type Group,
  pieces,
  ping,
  pong,
  quiet,
  type Step,
  send,
  text,
} from '../case.js'
import { asked, byDefault } from './compression.js'

const MiB = 2 ** 20
const limit = 16 * MiB // maxPayload by default
const fails = { fails: 1002 }
const failsByData = { fails: 1007 }
const tooLong = { fails: 1009 }
const hex = (digits: string) => Buffer.from(digits, 'hex')

function one(id: string, section: string, title: string, steps: () => Step[], end?: End, agreed = byDefault): Case {
  return many(id, section, title, () => [{ steps: steps(), end: end ?? 'open' }], agreed)
}

function many(
  id: string,
  section: string,
  title: string,
  exchanges: () => Iterable<Omit<Exchange, 'compression'>>,
  compression: Compression = byDefault,
): Case {
  return {
    id,
    section: `RFC 7692 ${section}`,
    title,
    *exchanges() {
      for (const exchange of exchanges()) yield { ...exchange, compression }
    },
  }
}

// --- Frames ---

/** A text message of this deflate data, in as many frames. */
const deflatedText = (...data: Uint8Array[]) => compressed(fragments(OP.text, data))
const deflatedBinary = (...data: Uint8Array[]) => compressed(fragments(OP.binary, data))

const compressor = (terms: DeflateTerms = byDefault.terms, how = {}) => new MessageCompressor(terms, how)
/** Deflate data of a first message. */
const deflate = (message: string | Uint8Array, how = {}) => compressor(undefined, how).compress(message)

const hello = text('Hello')
const helloAlone = hex('f248cdc9c90700')
const helloAgain = hex('f200110000')
const json = (size: number, index = 0) => pieceOf(corpora[0] as (typeof corpora)[0], size, index)

// --- C1: reserved bits ---

const begun: FrameSpec = { fin: false, payload: 'begun' }
const misplaced: [string, FrameSpec, FrameSpec[]][] = [
  ['a continuation of a message that is not compressed', { opcode: OP.continuation, payload: 'x' }, [begun]],
  [
    'a continuation of a compressed message',
    { opcode: OP.continuation, payload: helloAlone.subarray(3) },
    compressed([{ fin: false, payload: helloAlone.subarray(0, 3) }]),
  ],
  ['a ping', ping('x'), []],
  ['a ping within a compressed message', ping('x'), compressed([{ fin: false, payload: helloAlone.subarray(0, 3) }])],
  ['a pong', pong('x'), []],
  ['a close', close(1000), []],
]

// --- C4: what is no deflate data ---

const noDeflate: [string, Buffer][] = [
  ['nothing at all', hex('')],
  ['a block of the type that there is not', hex('06')],
  ['the same as the last block', hex('07')],
  ['a stored block whose length is not confirmed', hex('000500fbff48656c6c6f00')],
  ['a reference to before the first byte', helloAgain],
  ['too many code lengths', hex('fcffffffff')],
  ['the end of the flush, which is to be left out', Buffer.concat([helloAlone, hex('0000ffff')])],
  ['a last block with nothing behind it', hex('f348cdc9c90700')],
  ['text that is not compressed', Buffer.from('Hello')],
  ['noise', noise(1000, 'no deflate')],
]

// --- C5: text ---

const multiByte = 'é€😀\u{10FFFF}\u0800'.repeat(20)
const noUtf8 = ['ff', '80', 'c080', 'eda080', 'f4908080', '61c3', '61e282', '61f09f98']

// --- C6: sizes ---

/** So many MiB of zeros: one of them, flushed, over and over. */
function bomb(mebibytes: number): Buffer {
  const flushed = Buffer.concat([deflate(Buffer.alloc(MiB)), hex('0000ffff')])
  return Buffer.alloc(flushed.length * mebibytes, flushed).subarray(0, -4)
}

export const compressionBlindSpots: Group = {
  id: 'C',
  title: 'Compression, beyond the Autobahn suite',
  cases: [
    ...misplaced.map(([what, frame, before], i) =>
      one(`C1.${i + 1}`, '§6.1', `RSV1 on ${what}`, () => [send(...before, { ...frame, rsv: RSV1 })], fails),
    ),
    many('C1.7', '§6', 'RSV2 and RSV3, with RSV1 and without, on text and binary', function* () {
      for (const rsv of [1, 2, 3, 5, 6, 7]) {
        for (const opcode of [OP.text, OP.binary]) {
          yield { steps: [send({ opcode, rsv, payload: helloAlone })], end: fails }
        }
      }
    }),
    one('C1.8', '§6', 'RSV2 fails with the second byte', () => [{ bytesOf: { rsv: 6, announce: 99 }, to: 2 }], fails),
    one(
      'C1.9',
      '§6.1',
      'RSV1 on a ping fails with the second byte, what came before is answered',
      () => [
        send(...deflatedText(helloAlone), ping('p')),
        { bytesOf: { opcode: OP.ping, rsv: RSV1, announce: 99 }, to: 2 },
        expects(answer(ping('p')), answer(hello)),
      ],
      fails,
    ),
    one(
      'C1.10',
      '§6.1',
      'RSV1 on a continuation fails with the second byte',
      () => [send(begun), quiet, { bytesOf: { opcode: OP.continuation, rsv: RSV1, announce: 99 }, to: 2 }],
      fails,
    ),
    one('C1.11', '§6', 'a message without RSV1 is not compressed, whatever it looks like', () => [
      send(binary(helloAlone), binary(hex('00')), binary()),
      expects(answer(binary(helloAlone)), answer(binary(hex('00'))), answer(binary())),
    ]),

    one('C2.1', '§7.2.3.1', 'the example of one frame', () => [
      send(...deflatedText(helloAlone)),
      expects(answer(hello)),
    ]),
    one('C2.2', '§7.2.3.1', 'the example of two fragments', () => [
      send(...deflatedText(hex('f248cd'), hex('c9c90700'))),
      expects(answer(hello)),
    ]),
    one('C2.3', '§7.2.3.2', 'the example of a window that is taken over', () => [
      send(...deflatedText(helloAlone), ...deflatedText(helloAgain)),
      expects(answer(hello), answer(hello)),
    ]),
    one('C2.4', '§7.2.3.3', 'the example of a block that is stored', () => [
      send(...deflatedText(hex('000500faff48656c6c6f00'))),
      expects(answer(hello)),
    ]),
    one('C2.5', '§7.2.3.4', 'the example of a last block; the next message goes on with its window', () => [
      send(...deflatedText(hex('f348cdc9c9070000')), ...deflatedText(helloAgain), ...deflatedText(helloAlone)),
      expects(answer(hello), answer(hello), answer(hello)),
    ]),
    one('C2.6', '§7.2.3.5', 'the example of two blocks', () => [
      send(...deflatedText(hex('f24805000000ffffcac9c90700'))),
      expects(answer(hello)),
    ]),
    one('C2.7', '§7.2.3.6', 'the example of an empty message, and another one', () => [
      send(...deflatedText(hex('00')), ...deflatedBinary(hex('0200')), ...deflatedText(helloAlone)),
      expects(answer(text()), answer(binary()), answer(hello)),
    ]),
    one('C2.8', '§7.2.3', 'all examples byte by byte', () => [
      chopped(
        1,
        ...[
          'f248cdc9c90700',
          'f200110000',
          '000500faff48656c6c6f00',
          'f348cdc9c9070000',
          'f24805000000ffffcac9c90700',
        ].flatMap((data) => deflatedText(hex(data))),
      ),
      expects(...Array(5).fill(answer(hello))),
    ]),
    one('C2.9', '§7.2.1', 'a last block that is empty; the next message goes on with its window', () => [
      send(...deflatedText(hex('f248cdc9c907000000ffff01')), ...deflatedText(helloAgain)),
      expects(answer(hello), answer(hello)),
    ]),

    ...(
      [
        ['stored blocks', { level: 0 }],
        ['fixed codes', { strategy: constants.Z_FIXED }],
        ['codes without references', { strategy: constants.Z_HUFFMAN_ONLY }],
        ['references to the last byte alone', { strategy: constants.Z_RLE }],
        ['the most of compression', { level: 9 }],
      ] as const
    ).map(([title, how], i) =>
      one(`C3.${i + 1}`, '§7.2.1', `${title}, text and noise of many sizes`, () => {
        const peer = compressor(undefined, how)
        return [0, 1, 100, 1000, 5000, 65_535, 65_536, 200_000].flatMap((size) => {
          const messages = [text(json(size)), binary(noise(size))]
          return messages.flatMap(({ payload = '', ...frame }): Step[] => [
            send(...compressed([{ ...frame, payload: peer.compress(payload) }])),
            expects({ ...answer(frame), payload }),
          ])
        })
      }),
    ),
    one('C3.6', '§5.1', 'messages that are compressed and those that are not, in turn: they share no window', () => {
      const peer = compressor()
      return Array.from({ length: 40 }, (_, i): Step[] => {
        const payload = json(3000, i % 3)
        const frames = i % 2 ? [text(payload)] : deflatedText(peer.compress(payload))
        return [send(...frames), expects(answer(text(payload)))]
      }).flat()
    }),
    one('C3.7', '§6.1', 'fragments with pings between them, which are answered at once', () => {
      const payload = json(20_000)
      const frames = deflatedText(...pieces(deflate(payload), 500))
      return [...frames.flatMap((frame) => [send(frame, ping('p')), expects(answer(ping('p')))])].concat(
        expects({ ...answer(text(payload)), compressed: true }),
      )
    }),
    one('C3.8', '§6.1', 'fragments of which some are empty: the first, those between, the last', () => {
      const data = deflate(json(500))
      const [half, rest] = [data.subarray(0, 99), data.subarray(99)]
      const none = hex('')
      return [
        send(...deflatedText(none, half, none, none, rest, none)),
        expects(answer(text(json(500)))),
        send(...deflatedText(none, hex('00'), none)),
        expects(answer(text())),
      ]
    }),
    many('C3.9', '§6.1', 'two fragments, cut at every byte', function* () {
      const data = deflate(json(200))
      for (let cut = 0; cut <= data.length; cut++) {
        yield {
          steps: [send(...deflatedText(data.subarray(0, cut), data.subarray(cut))), expects(answer(text(json(200))))],
          end: 'open',
        }
      }
    }),
    one('C3.10', '§6.2', 'fragments of one byte, byte by byte', () => {
      const data = deflate(json(400))
      return [chopped(1, ...deflatedText(...pieces(data, 1))), expects(answer(text(json(400))))]
    }),
    one('C3.11', '§7.2.2', 'a thousand messages at once', () => {
      const peer = compressor()
      const messages = Array.from({ length: 1000 }, (_, i) => json(200, i % 20))
      return [
        send(...messages.flatMap((payload) => deflatedText(peer.compress(payload)))),
        expects(...messages.map((payload) => answer(text(payload)))),
      ]
    }),
    one('C3.12', '§7.2.2', 'forty times a little that becomes 1 MiB, at once', () => {
      const peer = compressor()
      const payload = Buffer.alloc(MiB)
      const frames = Array.from({ length: 40 }, () => deflatedBinary(peer.compress(payload))).flat()
      return [send(...frames), ...frames.map(() => expects({ ...answer(binary(payload)), compressed: true }))]
    }),
    one(
      'C3.13',
      '§6',
      'a close behind compressed messages, and within one',
      () => [
        send(...deflatedText(helloAlone), { ...deflatedText(helloAgain)[0], fin: false }, close(1000)),
        expects(answer(hello)),
      ],
      { closes: 1000 },
    ),

    ...noDeflate.map(([what, data], i) =>
      many(`C4.${i + 1}`, '§7.2.2', `${what}, for deflate data`, function* () {
        yield { steps: [send(...deflatedBinary(data))], end: failsByData }
        yield { steps: [send(...deflatedBinary(...pieces(data, 1), hex('')), ping())], end: failsByData }
      }),
    ),
    many('C4.11', '§7.2.2', 'data that are cut off at any byte', function* () {
      for (const how of [{}, { strategy: constants.Z_FIXED }, { level: 0 }]) {
        const data = deflate(json(150), how)
        for (let size = 0; size < data.length; size++) {
          if (size === 1 && data[0] === 0) continue // that is an empty message
          yield { steps: [send(...deflatedText(data.subarray(0, size)))], end: failsByData }
        }
      }
    }),
    one(
      'C4.12',
      '§7.2.2',
      'a fault behind a message and before another: the first is answered',
      () => [
        send(...deflatedText(helloAlone), ...deflatedText(hex('07')), ...deflatedText(helloAgain)),
        expects(answer(hello)),
      ],
      failsByData,
    ),
    one(
      'C4.13',
      '§7.1.1',
      'a reference to the message before, where no context is to be taken over',
      () => [send(...deflatedText(helloAlone), ...deflatedText(helloAgain)), expects(answer(hello))],
      failsByData,
      asked(false, undefined),
    ),
    one(
      'C4.14',
      '§7.1.2',
      'a reference to before the window, in the message before',
      () => {
        const peer = compressor({ windowBits: 15, contextTakeover: true })
        const first = noise(1000)
        const messages = [first, first.subarray(0, 300)].map((payload) => deflatedBinary(peer.compress(payload)))
        return [send(...messages.flat()), expects(answer(binary(first)))]
      },
      failsByData,
      asked(true, 9),
    ),

    many('C5.1', '§6.2', 'text that is no UTF-8 when it is decompressed', function* () {
      for (const bytes of noUtf8) {
        for (const before of ['', 'x'.repeat(100), 'ä'.repeat(5000)]) {
          const data = deflate(Buffer.concat([Buffer.from(before), hex(bytes)]))
          yield { steps: [send(...deflatedText(data))], end: failsByData }
          yield { steps: [send(...deflatedText(...pieces(data, 7)))], end: failsByData }
        }
      }
    }),
    one('C5.2', '§6.2', 'the same bytes in a binary message', () => {
      const payload = hex(noUtf8.join(''))
      return [send(...deflatedBinary(deflate(payload))), expects(answer(binary(payload)))]
    }),
    many('C5.3', '§6.1', 'code points of several bytes, in fragments of any size', function* () {
      const data = deflate(multiByte)
      for (let size = 1; size < data.length; size++) {
        yield { steps: [send(...deflatedText(...pieces(data, size))), expects(answer(text(multiByte)))], end: 'open' }
      }
    }),
    one('C5.4', '§6.1', 'a first fragment that is no UTF-8 as it comes', () => {
      const data = deflate(multiByte)
      return [
        send({ fin: false, rsv: RSV1, payload: data.subarray(0, -1) }),
        quiet,
        send({ opcode: OP.continuation, payload: data.subarray(-1) }),
        expects(answer(text(multiByte))),
      ]
    }),
    one(
      'C5.5',
      '§6.2',
      'a message that is no UTF-8, whose last fragment is missing: only all of it is decompressed',
      () => {
        const data = deflate(Buffer.concat([hex('ff'), json(1000)]))
        return [
          send({ fin: false, rsv: RSV1, payload: data.subarray(0, -1) }, ping('p')),
          expects(answer(ping('p'))),
          quiet,
          send({ opcode: OP.continuation, payload: data.subarray(-1) }),
        ]
      },
      failsByData,
    ),

    one('C6.1', '§6.2', 'a message that is as long as is allowed', () => {
      const payload = Buffer.alloc(limit)
      return [send(...deflatedBinary(bomb(16))), expects({ ...answer(binary(payload)), compressed: true })]
    }),
    one('C6.2', '§6.2', 'a byte more', () => [send(...deflatedBinary(deflate(Buffer.alloc(limit + 1))))], tooLong),
    one(
      'C6.3',
      '§6.2',
      'the same in fragments',
      () => [send(...deflatedBinary(...pieces(deflate(Buffer.alloc(limit + 1)), 100)), ping())],
      tooLong,
    ),
    one('C6.4', '§8', 'a bomb of 1 GiB', () => [send(...deflatedBinary(bomb(1024)))], tooLong),
    one(
      'C6.5',
      '§6.2',
      'data longer than deflate makes of any message that is allowed fail with the header',
      () => [{ bytesOf: { opcode: OP.binary, rsv: RSV1, announce: 20 * MiB }, to: 14 }],
      tooLong,
    ),
    one('C6.6', '§6.2', 'noise as long as is allowed, whose data are longer', () => [
      send(...deflatedBinary(deflate(noise(limit), { level: 0 }))),
      expects({ ...answer(binary(noise(limit))), compressed: false }),
    ]),
    one(
      'C6.7',
      '§6.2',
      'a message above the limit that is not compressed fails with its header',
      () => [{ bytesOf: { opcode: OP.binary, announce: limit + 1 }, to: 14 }],
      tooLong,
    ),
  ],
}
