// Group 6: text is UTF-8 (RFC 3629), checked as it comes. A sequence that is wrong is sent whole, and then again in a
// frame that never ends: up to the byte before the wrong one nothing happens, and with that byte the connection fails.

import { OP } from '../../support/frames.js'
import {
  answer,
  type Case,
  type Exchange,
  expects,
  fragments,
  type Group,
  one,
  pieces,
  quiet,
  send,
  text,
} from '../case.js'

const section = '§8.1'
const fails = { fails: 1007 }
const hex = (digits: string) => Buffer.from(digits.replaceAll(' ', ''), 'hex')
const sentence = 'Hello-µ@ßöäüàá-UTF-8!!'
const greek = hex('ceba e1bdb9 cf83 cebc ceb5')
const tail = Buffer.from('edited')

/** Which byte cannot be part of any text that begins like this; -1 when only the end comes too early. */
export function firstWrongByte(bytes: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  return bytes.findIndex((_, i) => {
    try {
      decoder.decode(bytes.subarray(i, i + 1), { stream: true })
      return false
    } catch {
      return true
    }
  })
}

function isValid(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}

/** The wrong byte of an unfinished frame, and nothing behind it, ends the connection. */
export function failsAtWrongByte(bytes: Uint8Array): Exchange {
  const wrong = firstWrongByte(bytes)
  const frame = text(Buffer.concat([bytes, tail]))
  const before = wrong === 0 ? [] : [{ part: frame, from: 0, to: wrong }, quiet]
  return { steps: [...before, { part: frame, from: wrong, to: wrong + 1 }], end: fails }
}

/** Valid: echoed. Invalid: 1007, and at the wrong byte already. */
function sequence(id: string, title: string, bytes: Buffer): Case {
  const shown = bytes.length > 16 ? `${bytes.toString('hex', 0, 16)}…` : bytes.toString('hex')
  return {
    id,
    section: '§8.1, RFC 3629 §3',
    title: `${title}: ${shown}`,
    *exchanges() {
      if (isValid(bytes)) {
        yield { steps: [send(text(bytes)), expects(answer(text(bytes)))], end: 'open' }
        const cut = fragments(OP.text, pieces(bytes, 1))
        yield { steps: [send(...cut), expects(answer(text(bytes)))], end: 'open' }
      } else {
        yield { steps: [send(text(bytes))], end: fails }
        if (firstWrongByte(bytes) >= 0) yield failsAtWrongByte(bytes)
      }
    },
  }
}

const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i)
const starts = (first: number, last: number) => Buffer.from(range(first, last).flatMap((byte) => [byte, 0x20]))
const planes = range(0, 16)
const codePoint = (value: number) => Buffer.from(String.fromCodePoint(value))

// The last byte of each is missing.
const cutShort = ['c0', 'e080', 'f08080', 'f8808080', 'fc80808080', 'df', 'efbf', 'f7bfbf', 'fbbfbfbf', 'fdbfbfbfbf']

const surrogatesHigh = ['eda080', 'edadbf', 'edae80', 'edafbf']
const surrogatesLow = ['edb080', 'edbfbf']

// What Markus Kuhn's UTF-8 stress test looks at, in his order.
const kinds: [string, Buffer[]][] = [
  ['valid', [...[0x24, 0xa2, 0x20ac, 0x24b62].map((c) => Buffer.from(`hello${String.fromCodePoint(c)}world`)), greek]],
  ['a prefix of valid text', range(1, greek.length).map((size) => greek.subarray(0, size))],
  ['the first of its length', [0, 0x80, 0x800, 0x10000].map(codePoint)],
  ['the first of 5 or 6 bytes', ['f888808080', 'fc8480808080'].map(hex)],
  ['the last of its length', [0x7f, 0x7ff, 0xffff, 0x10ffff].map(codePoint)],
  ['the last of 4, 5 or 6 bytes', ['f7bfbfbf', 'fbbfbfbfbf', 'fdbfbfbfbfbf'].map(hex)],
  ['at a boundary', [...[0xd7ff, 0xe000, 0xfffd, 0x10ffff].map(codePoint), hex('f4908080')]],
  [
    'continuation bytes alone',
    ['80', 'bf', '80bf', '80bf80', '80bf80bf', '80bf80bf80', '80bf80bf80bf']
      .map(hex)
      .concat(Buffer.from(range(0x80, 0xbe))),
  ],
  [
    'start bytes alone',
    [starts(0xc0, 0xde), starts(0xe0, 0xee), starts(0xf0, 0xf6), starts(0xf8, 0xfa), starts(0xfc, 0xfc)],
  ],
  ['the last byte missing', cutShort.map(hex)],
  ['incomplete ones in a row', [hex(cutShort.join(''))]],
  ['impossible bytes', ['fe', 'ff', 'fefeffff'].map(hex)],
  ['an overlong /', ['c0af', 'e080af', 'f08080af', 'f8808080af', 'fc80808080af'].map(hex)],
  ['the longest overlong', ['c1bf', 'e09fbf', 'f08fbfbf', 'f887bfbfbf', 'fc83bfbfbfbf'].map(hex)],
  ['an overlong NUL', ['c080', 'e08080', 'f0808080', 'f880808080', 'fc8080808080'].map(hex)],
  ['a surrogate', [...surrogatesHigh, 'edb080', 'edbe80', 'edbfbf'].map(hex)],
  ['a pair of surrogates', surrogatesHigh.flatMap((high) => surrogatesLow.map((low) => hex(high + low)))],
  ['a non-character', planes.flatMap((plane) => [0xfffe, 0xffff].map((last) => codePoint(plane * 0x10000 + last)))],
  ['a special', range(0xfff9, 0xffff).map(codePoint)],
]

const wrong = Buffer.concat([greek, hex('eda080'), tail])
const tooHigh = Buffer.concat([greek, hex('f4908080'), tail])
const endOfGreek = greek.length

export const utf8: Group = {
  id: '6',
  title: 'UTF-8',
  cases: [
    one('6.1.1', '§5.6', 'empty text', () => [send(text()), expects(answer(text()))]),
    one('6.1.2', '§5.4', 'three empty fragments', () => [
      send(...fragments(OP.text, ['', '', ''])),
      expects(answer(text())),
    ]),
    one('6.1.3', '§5.4', 'a fragment between two empty ones', () => [
      send(...fragments(OP.text, ['', 'middle frame payload', ''])),
      expects(answer(text('middle frame payload'))),
    ]),
    one('6.2.1', section, 'valid text in one frame', () => [send(text(sentence)), expects(answer(text(sentence)))]),
    one('6.2.2', section, 'in two, cut between code points', () => [
      send(...fragments(OP.text, [sentence.slice(0, 11), sentence.slice(11)])),
      expects(answer(text(sentence))),
    ]),
    one('6.2.3', section, 'in fragments of one byte', () => [
      send(...fragments(OP.text, pieces(Buffer.from(sentence), 1))),
      expects(answer(text(sentence))),
    ]),
    one('6.2.4', section, 'Greek in fragments of one byte', () => [
      send(...fragments(OP.text, pieces(greek, 1))),
      expects(answer(text(greek))),
    ]),
    one('6.3.1', section, 'invalid text in one frame', () => [send(text(wrong))], fails),
    one('6.3.2', section, 'in fragments of one byte', () => [send(...fragments(OP.text, pieces(wrong, 1)))], fails),
    one(
      '6.4.1',
      section,
      'the second of three fragments is wrong, and fails at once',
      () => {
        const cuts = [tooHigh.subarray(0, endOfGreek), tooHigh.subarray(endOfGreek, endOfGreek + 4), tail]
        const [first, second] = fragments(OP.text, cuts) as [object, object]
        return [send(first), quiet, send(second)]
      },
      fails,
    ),
    one(
      '6.4.2',
      section,
      'the second fragment is the one wrong byte',
      () => {
        const at = endOfGreek + 1
        const cuts = [tooHigh.subarray(0, at), tooHigh.subarray(at, at + 1), tooHigh.subarray(at + 1)]
        const [first, second] = fragments(OP.text, cuts) as [object, object]
        return [send(first), quiet, send(second)]
      },
      fails,
    ),
    one(
      '6.4.3',
      section,
      'one frame in three chops, the second is wrong',
      () => [
        { part: text(tooHigh), from: 0, to: endOfGreek },
        quiet,
        { part: text(tooHigh), from: endOfGreek, to: endOfGreek + 4 },
      ],
      fails,
    ),
    one(
      '6.4.4',
      section,
      'one frame in three chops, the second is the one wrong byte',
      () => [
        { part: text(tooHigh), from: 0, to: endOfGreek + 1 },
        quiet,
        { part: text(tooHigh), from: endOfGreek + 1, to: endOfGreek + 2 },
      ],
      fails,
    ),
    ...kinds.flatMap(([title, all], kind) => all.map((bytes, i) => sequence(`6.${kind + 5}.${i + 1}`, title, bytes))),
  ],
}
