import { expect, test } from 'vitest'
import * as layout from '../../lib/bridge/record-layout.js'
import { FragmentedMessage } from '../../lib/socket/fragmented-message.js'
import type { Payload } from '../../lib/types/index.js'

const unfinished = layout.FLAG_UNFINISHED << 8
const text = 'a é € 😀'

/** What the pieces make, which must be valid text after each of them. */
function joined(pieces: Payload[]): string {
  const message = new FragmentedMessage(true)
  const decoder = new TextDecoder('utf-8', { fatal: true })
  return pieces.map((piece, i) => decoder.decode(message.next(piece, i === pieces.length - 1).bytes)).join('')
}

test.each([
  [true, layout.OUT_TEXT],
  [false, layout.OUT_BINARY],
])('the first fragment has the opcode, the last one fin (text: %s)', (isText, kind) => {
  const message = new FragmentedMessage(isText)
  expect(message.hasBegun).toBe(false)
  expect(message.next('a', false)).toEqual({ kind: kind | unfinished, bytes: Buffer.from('a') })
  expect(message.hasBegun).toBe(true)
  expect(message.next('', false).kind).toBe(layout.OUT_CONTINUATION | unfinished)
  expect(message.next('b', true)).toEqual({ kind: layout.OUT_CONTINUATION, bytes: Buffer.from('b') })
})

test('strings may be cut at every unit, bytes at every byte, and both may take turns', () => {
  expect(joined(text.split(''))).toBe(text)
  expect(joined([...Buffer.from(text)].map((byte) => Buffer.from([byte])))).toBe(text)
  expect(joined([Buffer.from('é'), 'x', Buffer.from('€'), ''])).toBe('éx€')
})

test('a half of a pair without its other half is replaced, as in a whole string', () => {
  expect(joined(['a\ud83d', 'b'])).toBe('a\ufffdb')
  expect(joined(['a\ud83d', Buffer.from('b')])).toBe('a\ufffdb')
  expect(joined(['a', '\ud83d'])).toBe('a\ufffd')
})

test.each([
  ['a wrong byte', [Buffer.from([0xff])], false],
  ['a character that does not end', [Buffer.from([0xe2, 0x82])], true],
  ['a string within a character', [Buffer.from([0xe2]), 'x'], false],
])('%s is refused, and does not change what has been made', (_, pieces, fin) => {
  const message = new FragmentedMessage(true)
  const last = pieces.pop() as Payload
  for (const piece of pieces) message.next(piece, false)
  expect(() => message.next(last, fin)).toThrow('valid UTF-8')
  expect(message.next('b', true).bytes).toEqual(Buffer.from('b'))
})
