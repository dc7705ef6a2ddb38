// Group 4: reserved opcodes.

import { answer, type Case, chopped, type Exchange, expects, type Group, ping, send, text } from '../case.js'

const hello = text('Hello, world!')
const fails = { fails: 1002 }

function ofKind(kind: 1 | 2, first: number): Case[] {
  const name = kind === 1 ? 'data' : 'control'
  const make = (place: number, title: string, steps: (opcode: number) => Exchange[]) => ({
    id: `4.${kind}.${place}`,
    section: kind === 1 ? '§5.2' : '§5.2, §5.5',
    title: `${title} (${name} opcode ${first + place - 1})`,
    exchanges: () => steps(first + place - 1),
  })
  return [
    make(1, 'a reserved opcode', (opcode) => [{ steps: [send({ opcode })], end: fails }]),
    make(2, 'a reserved opcode with payload', (opcode) => [
      { steps: [send({ opcode, payload: 'reserved opcode payload' })], end: fails },
    ]),
    make(3, 'text, a reserved opcode, ping', (opcode) => [
      { steps: [send(hello, { opcode }, ping()), expects(answer(hello))], end: fails },
    ]),
    make(4, 'text, a reserved opcode with payload, ping', (opcode) => [
      { steps: [send(hello, { ...hello, opcode }, ping()), expects(answer(hello))], end: fails },
    ]),
    make(5, 'the same byte by byte', (opcode) => [
      { steps: [chopped(1, hello, { ...hello, opcode }, ping()), expects(answer(hello))], end: fails },
    ]),
  ]
}

export const opcodes: Group = { id: '4', title: 'Opcodes', cases: [...ofKind(1, 3), ...ofKind(2, 11)] }
