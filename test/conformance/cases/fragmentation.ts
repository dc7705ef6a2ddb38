// Group 5: messages in fragments, control frames between them, and fragments that belong to nothing.

import type { FrameSpec } from '../../support/frames.js'
import { OP } from '../../support/frames.js'
import {
  answer,
  type Case,
  chopped,
  expects,
  fragments,
  framewise,
  type Group,
  one,
  ping,
  quiet,
  type Step,
  send,
  text,
} from '../case.js'

const section = '§5.4'
const fails = { fails: 1002 }
const two = fragments(OP.text, ['fragment1', 'fragment2'])
const echoOfTwo = { opcode: OP.text, payload: 'fragment1fragment2' }
const [firstOfTwo, lastOfTwo] = two as [FrameSpec, FrameSpec]
const pingBetween = ping('ping payload')
const twoWithPing = [firstOfTwo, pingBetween, lastOfTwo]
const hello = text('Hello, world!')

const continuation = (payload: string, fin: boolean): FrameSpec => ({ fin, opcode: OP.continuation, payload })

// Three ways of putting the same frames on the wire: at once, frame by frame, byte by byte.
function threeWays(
  firstNumber: number,
  title: string,
  frames: FrameSpec[],
  replies: Step[],
  end?: typeof fails,
): Case[] {
  const ways: [string, () => Step[]][] = [
    ['', () => [send(...frames)]],
    [', frame by frame', () => framewise(...frames)],
    [', byte by byte', () => [chopped(1, ...frames)]],
  ]
  return ways.map(([how, steps], i) =>
    one(`5.${firstNumber + i}`, section, title + how, () => [...steps(), ...replies], end),
  )
}

const orphan = (fin: boolean) => [continuation('non-continuation payload', fin), hello]

const five = fragments(OP.text, ['fragment1', 'fragment2', 'fragment3', 'fragment4', 'fragment5'])
const echoOfFive = { opcode: OP.text, payload: 'fragment1fragment2fragment3fragment4fragment5' }
const pings = [ping('pongme 1!'), ping('pongme 2!')] as const

function fiveWithPings(put: (...frames: FrameSpec[]) => Step[]): Step[] {
  return [
    ...put(...five.slice(0, 2), pings[0]),
    expects(answer(pings[0])),
    quiet,
    ...put(...five.slice(2, 4), pings[1], ...five.slice(4)),
    expects(answer(pings[1]), echoOfFive),
  ]
}

const repeatTwice = (fin: boolean) => {
  const round = [continuation('fragment1', fin), ...fragments(OP.text, ['fragment2', 'fragment3'])]
  return [...round, ...round]
}

export const fragmentation: Group = {
  id: '5',
  title: 'Fragmentation',
  cases: [
    one(
      '5.1',
      '§5.5',
      'a ping in two fragments',
      () => [send(...fragments(OP.ping, ['fragment1', 'fragment2']))],
      fails,
    ),
    one(
      '5.2',
      '§5.5',
      'a pong in two fragments',
      () => [send(...fragments(OP.pong, ['fragment1', 'fragment2']))],
      fails,
    ),
    ...threeWays(3, 'text in two fragments', two, [expects(echoOfTwo)]),
    ...threeWays(6, 'text in two fragments, a ping between them', twoWithPing, [
      expects(answer(pingBetween), echoOfTwo),
    ]),
    ...threeWays(9, 'a last fragment of nothing, then text', orphan(true), [], fails),
    ...threeWays(12, 'a fragment of nothing, then text', orphan(false), [], fails),
    one(
      '5.15',
      section,
      'text in two fragments, a fragment of nothing, text',
      () => [send(...two, continuation('fragment3', false), text('fragment4')), expects(echoOfTwo)],
      fails,
    ),
    one('5.16', section, 'twice: a fragment of nothing, text in two', () => [send(...repeatTwice(false))], fails),
    one('5.17', section, 'twice: a last fragment of nothing, text in two', () => [send(...repeatTwice(true))], fails),
    one(
      '5.18',
      section,
      'text in two fragments, both with the opcode of text',
      () => [send(firstOfTwo, text('fragment2'))],
      fails,
    ),
    one('5.19', section, 'text in five fragments, two pings answered meanwhile', () =>
      fiveWithPings((...frames) => [send(...frames)]),
    ),
    one('5.20', section, 'the same frame by frame', () => fiveWithPings(framewise)),
  ],
}
