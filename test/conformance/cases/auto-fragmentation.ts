// Group 10: fragments as an implementation cuts them by itself.

import { OP } from '../../support/frames.js'
import { expects, fragments, type Group, one, pieces, send } from '../case.js'

const payload = Buffer.alloc(65_536, '*')

export const autoFragmentation: Group = {
  id: '10',
  title: 'Automatic fragmentation',
  cases: [
    one('10.1.1', '§5.4', 'text of 65536 bytes in fragments of 1300', () => [
      send(...fragments(OP.text, pieces(payload, 1300))),
      expects({ opcode: OP.text, payload }),
    ]),
  ],
}
