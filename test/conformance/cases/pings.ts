// Group 2: pings and pongs.

import { answer, chopped, expects, type Group, one, ping, pong, quiet, send } from '../case.js'

const ten = Array.from({ length: 10 }, (_, i) => ping(`payload-${i}`))
const unsolicited = pong('unsolicited pong payload')
const bytes125 = ping(Buffer.alloc(125, 0xfe))

const answered = (id: string, title: string, frame: ReturnType<typeof ping>) =>
  one(id, '§5.5.2, §5.5.3', title, () => [send(frame), expects(answer(frame))])

export const pings: Group = {
  id: '2',
  title: 'Pings and pongs',
  cases: [
    answered('2.1', 'a ping without payload', ping()),
    answered('2.2', 'a ping with text', ping('Hello, world!')),
    answered('2.3', 'a ping with bytes that are no UTF-8', ping(Buffer.from('00fffefdfcfb00ff', 'hex'))),
    answered('2.4', 'a ping of 125 bytes', bytes125),
    one('2.5', '§5.5', 'a ping of 126 bytes', () => [send(ping(Buffer.alloc(126, 0xfe)))], { fails: 1002 }),
    one('2.6', '§5.5.2', 'a ping of 125 bytes, byte by byte', () => [chopped(1, bytes125), expects(answer(bytes125))]),
    one('2.7', '§5.5.3', 'an unsolicited pong without payload is ignored', () => [send(pong()), quiet]),
    one('2.8', '§5.5.3', 'an unsolicited pong with payload is ignored', () => [send(unsolicited), quiet]),
    one('2.9', '§5.5.3', 'an unsolicited pong, then a ping', () => [
      send(unsolicited, ping('ping payload')),
      expects(answer(ping('ping payload'))),
    ]),
    one('2.10', '§5.5.2', 'ten pings at once, a pong for each', () => [send(...ten), expects(...ten.map(answer))]),
    one('2.11', '§5.5.2', 'ten pings byte by byte, a pong for each', () => [
      chopped(1, ...ten),
      expects(...ten.map(answer)),
    ]),
  ],
}
