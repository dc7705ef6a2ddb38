// Group 7: the closing handshake. Codes are answered with themselves, and what is behind a close frame is not read.

import { closePayload, OP } from '../../support/frames.js'
import { answer, type Case, close, expects, fragments, type Group, one, ping, send, text } from '../case.js'

const hello = text('Hello World!')
const normal = { closes: 1000 }
const fails = { fails: 1002 }
const validCodes = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]
const invalidCodes = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999]
const [first, last] = fragments(OP.text, ['fragment1', 'fragment2']) as [object, object]
const large = text('BAsd7&jh23'.repeat(26_215).slice(0, 256 * 1024))
const invalidReason = Buffer.from('cebae1bdb9cf83cebcceb5eda080656469746564', 'hex')

export const closing: Group = {
  id: '7',
  title: 'Closing',
  cases: [
    one('7.1.1', '§5.5.1, §7.1.2', 'a message, then a close', () => [send(hello), expects(answer(hello))]),
    one('7.1.2', '§5.5.1', 'two close frames: the second is ignored', () => [send(close(1000), close())], normal),
    one('7.1.3', '§5.5.1', 'a ping behind a close is ignored', () => [send(close(1000), ping())], normal),
    one('7.1.4', '§5.5.1', 'a message behind a close is ignored', () => [send(close(1000), hello)], normal),
    one('7.1.5', '§5.5.1', 'a close within a message', () => [send(first, close(1000), last)], normal),
    one(
      '7.1.6',
      '§5.5.1',
      '256 KiB, a message, a close, a ping at once: both messages are answered before the close',
      () => [send(large, hello, close(1000), ping()), expects(answer(large), answer(hello))],
      normal,
    ),
    one('7.3.1', '§5.5.1, §7.1.5', 'a close without code', () => [send(close())], { closes: undefined }),
    one('7.3.2', '§5.5.1', 'a close payload of one byte', () => [send({ opcode: OP.close, payload: 'a' })], fails),
    one('7.3.3', '§5.5.1', 'a close with a code', () => [send(close(1000))], normal),
    withReason('7.3.4', '§5.5.1, §7.1.6', 'a close with a reason', 'Hello World!'),
    withReason('7.3.5', '§5.5, §5.5.1', 'a reason of 123 bytes', '*'.repeat(123)),
    one('7.3.6', '§5.5, §5.5.1', 'a reason of 124 bytes', () => [send(close(1000, '*'.repeat(124)))], fails),
    one(
      '7.5.1',
      '§5.5.1, §8.1',
      'a reason that is no UTF-8',
      () => [send({ opcode: OP.close, payload: closePayload(1000, invalidReason) })],
      { fails: 1007 },
    ),
    ...validCodes.map((code, i) =>
      one(`7.7.${i + 1}`, '§7.4', `close code ${code}`, () => [send(close(code))], { closes: code }),
    ),
    ...invalidCodes.map((code, i) =>
      one(`7.9.${i + 1}`, '§7.4', `close code ${code}, which is invalid`, () => [send(close(code))], fails),
    ),
    one('7.13.1', '§7.4.2', 'close code 5000, which is invalid', () => [send(close(5000))], fails),
    one('7.13.2', '§7.4.2', 'close code 65535, which is invalid', () => [send(close(65_535))], fails),
  ],
}

function withReason(id: string, section: string, title: string, reason: string): Case {
  return one(id, section, title, () => [send(close(1000, reason))], { closes: 1000, reason })
}
