// Group 9: large messages, whole, in fragments and in chops; many messages. Correct bytes count, not time.

import type { FrameSpec } from '../../support/frames.js'
import { OP } from '../../support/frames.js'
import { answer, type Case, chopped, expects, fragments, type Group, one, pieces, ping, send } from '../case.js'

const KiB = 1024
const MiB = 1024 * KiB

// Periods that no power of two is a multiple of: a block that is lost or doubled shows.
const periods = { text: Buffer.from('BAsd7&jh23'), binary: Buffer.from('00fe23faf0', 'hex') }
type Kind = keyof typeof periods

const message = (kind: Kind, size: number): FrameSpec => ({
  opcode: OP[kind],
  payload: Buffer.alloc(size, periods[kind]),
})

const sizeText = (bytes: number) =>
  bytes >= MiB ? `${bytes / MiB} MiB` : bytes >= KiB ? `${bytes / KiB} KiB` : `${bytes} bytes`

function whole(group: number, kind: Kind): Case[] {
  return [64 * KiB, 256 * KiB, MiB, 4 * MiB, 8 * MiB, 16 * MiB].map((size, i) =>
    one(`9.${group}.${i + 1}`, '§5.2', `${kind} of ${sizeText(size)}`, () => [
      send(message(kind, size)),
      expects(answer(message(kind, size))),
    ]),
  )
}

function inFragments(group: number, kind: Kind): Case[] {
  const sizes = [64, 256, KiB, 4 * KiB, 16 * KiB, 64 * KiB, 256 * KiB, MiB, 4 * MiB]
  return sizes.map((size, i) =>
    one(`9.${group}.${i + 1}`, '§5.4', `${kind} of 4 MiB in ${(4 * MiB) / size} fragments`, () => {
      const { payload } = message(kind, 4 * MiB) as { payload: Buffer }
      return [send(...fragments(OP[kind], pieces(payload, size))), expects({ opcode: OP[kind], payload })]
    }),
  )
}

function inChops(group: number, kind: Kind): Case[] {
  return [64, 128, 256, 512, 1024, 2048].map((size, i) =>
    one(`9.${group}.${i + 1}`, '§5.2', `${kind} of 1 MiB in chops of ${size} bytes`, () => [
      chopped(size, message(kind, MiB)),
      expects(answer(message(kind, MiB))),
    ]),
  )
}

function oneByOne(group: number, kind: Kind): Case[] {
  return [0, 16, 64, 256, 1024, 4096].map((size, i) =>
    one(`9.${group}.${i + 1}`, '§5.2', `1000 times ${kind} of ${sizeText(size)}, each awaited`, () => {
      const frame = message(kind, size)
      return Array.from({ length: 1000 }, () => [send(frame), expects(answer(frame))]).flat()
    }),
  )
}

export const limits: Group = {
  id: '9',
  title: 'Limits',
  cases: [
    ...whole(1, 'text'),
    ...whole(2, 'binary'),
    ...inFragments(3, 'text'),
    ...inFragments(4, 'binary'),
    ...inChops(5, 'text'),
    ...inChops(6, 'binary'),
    ...oneByOne(7, 'text'),
    ...oneByOne(8, 'binary'),
    one(
      '9.9.1',
      '§7.4.1, §10.4',
      'a message without end fails with 1009 at the fragment that passes the limit',
      () => {
        const part = (opcode: number, size: number) => ({ fin: false, opcode, payload: Buffer.alloc(size, '*') })
        const most = Array.from({ length: 16 }, (_, i) => part(i === 0 ? OP.text : OP.continuation, MiB))
        return [send(...most, ping()), expects(answer(ping())), { bytesOf: part(OP.continuation, 1), to: 6 }]
      },
      { fails: 1009 },
    ),
  ],
}
