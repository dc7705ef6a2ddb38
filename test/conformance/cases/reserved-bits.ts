// Group 3: reserved bits without an extension. What came before is answered, though all comes at once.

import { OP } from '../../support/frames.js'
import { answer, chopped, expects, framewise, type Group, one, ping, send, text } from '../case.js'

const section = '§5.2'
const hello = text('Hello, world!')
const withRsv = (rsv: number) => ({ ...hello, rsv })
const fails = { fails: 1002 }

export const reservedBits: Group = {
  id: '3',
  title: 'Reserved bits',
  cases: [
    one('3.1', section, 'text with RSV 1', () => [send(withRsv(1))], fails),
    one(
      '3.2',
      section,
      'text, text with RSV 2, ping',
      () => [send(hello, withRsv(2), ping()), expects(answer(hello))],
      fails,
    ),
    one(
      '3.3',
      section,
      'text, text with RSV 3, ping, frame by frame',
      () => [...framewise(hello, withRsv(3), ping()), expects(answer(hello))],
      fails,
    ),
    one(
      '3.4',
      section,
      'text, text with RSV 4, ping, byte by byte',
      () => [chopped(1, hello, withRsv(4), ping()), expects(answer(hello))],
      fails,
    ),
    one('3.5', section, 'binary with RSV 5', () => [send({ ...withRsv(5), opcode: OP.binary })], fails),
    one('3.6', section, 'a ping with RSV 6', () => [send({ ...withRsv(6), opcode: OP.ping })], fails),
    one('3.7', section, 'a close with RSV 7', () => [send({ opcode: OP.close, rsv: 7 })], fails),
  ],
}
