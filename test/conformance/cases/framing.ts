// Group 1: every form of the payload length.

import { answer, binary, type Case, chopped, expects, type Group, one, send, text } from '../case.js'

const sizes = [0, 125, 126, 127, 128, 65_535, 65_536]

function ofKind(kind: 1 | 2): Case[] {
  const name = kind === 1 ? 'text' : 'binary'
  const message = (size: number) => (kind === 1 ? text('*'.repeat(size)) : binary(Buffer.alloc(size, 0xfe)))
  return [
    ...sizes.map((size, i) =>
      one(`1.${kind}.${i + 1}`, '§5.2', `a ${name} message of ${size} bytes`, () => [
        send(message(size)),
        expects(answer(message(size))),
      ]),
    ),
    one(`1.${kind}.8`, '§5.2', `a ${name} message of 65536 bytes, in chops of 997`, () => [
      chopped(997, message(65_536)),
      expects(answer(message(65_536))),
    ]),
  ]
}

export const framing: Group = { id: '1', title: 'Framing', cases: [...ofKind(1), ...ofKind(2)] }
