// Groups 12 and 13: compressed messages of many sizes, whole and in fragments. In group 12 contents vary, in group 13 what the
// opening handshake agrees on.

import type { PerMessageDeflateOptions } from 'ntyws'
import { type Corpus, corpora, pieceOf } from '../../support/corpora.js'
import { OP } from '../../support/frames.js'
import { type DeflateTerms, MessageCompressor } from '../../support/message-deflate.js'
import {
  type Case,
  type Compression,
  compressed,
  expects,
  fragments,
  type Group,
  pieces,
  type Step,
  send,
} from '../case.js'

const KiB = 1024
const name = 'permessage-deflate'

// Small messages are compressed too: the cases have many of them.
const everything: PerMessageDeflateOptions = { threshold: 0 }
const largestWindows = { ...everything, serverMaxWindowBits: 15, clientMaxWindowBits: 15 }

/** As it comes of the library's defaults, and a client that does as Chromium does. */
export const byDefault: Compression = {
  handshake: {
    server: {
      options: everything,
      offer: `${name}; client_max_window_bits`,
      answer: `${name}; server_max_window_bits=12; client_max_window_bits=12`,
    },
    client: {
      options: everything,
      offer: `${name}; client_max_window_bits`,
      answer: `${name}; server_max_window_bits=12`,
    },
  },
  terms: { windowBits: 12, contextTakeover: true },
}

/** The same terms for either side; the client asks for them. `windowBits` undefined: nothing is said of them. */
export function asked(contextTakeover: boolean, windowBits: number | undefined): Compression {
  const contexts = contextTakeover ? '' : '; server_no_context_takeover; client_no_context_takeover'
  const serverBits = windowBits === undefined ? '' : `; server_max_window_bits=${windowBits}`
  const isSmall = windowBits !== undefined && windowBits < 15
  const clientBits = isSmall ? `; client_max_window_bits=${windowBits}` : ''
  const wanted = {
    ...largestWindows,
    serverNoContextTakeover: !contextTakeover,
    clientNoContextTakeover: !contextTakeover,
    ...(windowBits !== undefined && { serverMaxWindowBits: windowBits, clientMaxWindowBits: windowBits }),
  }
  return {
    handshake: {
      server: {
        options: largestWindows,
        offer: `${name}${contexts}${serverBits}${clientBits || '; client_max_window_bits'}`,
        answer: `${name}${contexts}${serverBits}${clientBits}`,
      },
      client: {
        options: wanted,
        offer: `${name}${contexts}${isSmall ? serverBits : ''}; client_max_window_bits`,
        answer: `${name}${contexts}${serverBits}${clientBits}`,
      },
    },
    terms: { windowBits: windowBits ?? 15, contextTakeover },
  }
}

const smallAnswer = `${name}; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=10`

/** The first offers are of no use to a server; a client gets less than it might. */
const fallback: Compression = {
  handshake: {
    server: {
      options: largestWindows,
      offer: [
        'x-webkit-deflate-frame',
        `${name}; server_max_window_bits=7`,
        `${name}; server_max_window_bits`,
        `${name}; unheard_of`,
        `${name}; server_no_context_takeover; server_no_context_takeover`,
        `${name}; server_no_context_takeover; client_no_context_takeover; server_max_window_bits="10"; client_max_window_bits=10`,
        name,
      ].join(', '),
      answer: smallAnswer,
    },
    client: {
      options: largestWindows,
      offer: `${name}; client_max_window_bits`,
      answer: smallAnswer,
    },
  },
  terms: { windowBits: 10, contextTakeover: false },
}

/** The size of a message, and of its fragments. */
const sizes: [number, number?][] = [
  [16],
  [64],
  [256],
  [KiB],
  [4 * KiB],
  [8 * KiB],
  [16 * KiB],
  [32 * KiB],
  [64 * KiB],
  [128 * KiB],
  [8 * KiB, 256],
  [16 * KiB, 256],
  [32 * KiB, 256],
  [64 * KiB, 256],
  [128 * KiB, 256],
  [128 * KiB, KiB],
  [128 * KiB, 4 * KiB],
  [128 * KiB, 32 * KiB],
]
const bytesPerCase = 192 * KiB
const mostMessages = 50

function echo(corpus: Corpus, terms: DeflateTerms, size: number, cut?: number) {
  const compressor = new MessageCompressor(terms, { level: 1 })
  const opcode = corpus.isText ? OP.text : OP.binary
  const count = Math.min(mostMessages, Math.max(2, bytesPerCase / size))
  return Array.from({ length: count }, (_, i): Step[] => {
    const payload = pieceOf(corpus, size, i)
    const data = compressor.compress(payload)
    // JSON of this size always gets smaller.
    const reply = { opcode, payload, ...(corpus.name === 'JSON' && size >= 256 && { compressed: true }) }
    return [send(...compressed(fragments(opcode, cut ? pieces(data, cut) : [data]))), expects(reply)]
  }).flat()
}

function casesOf(group: string, title: string, corpus: Corpus, compression: Compression): Case[] {
  return sizes.map(([size, cut], i) => ({
    id: `${group}.${i + 1}`,
    section: 'RFC 7692 §7.2',
    title: `${title}: messages of ${size} bytes${cut ? `, in fragments of ${cut}` : ''}`,
    exchanges: () => [{ steps: echo(corpus, compression.terms, size, cut), end: 'open', compression }],
  }))
}

export const compressedContents: Group = {
  id: '12',
  title: 'Compression: contents',
  cases: corpora.flatMap((corpus, i) => {
    const kind = corpus.isText ? 'text' : 'binary'
    return casesOf(`12.${i + 1}`, `${corpus.name}, ${kind}`, corpus, byDefault)
  }),
}

const agreements: [string, Compression][] = [
  ['nothing asked', asked(true, undefined)],
  ['no context takeover', asked(false, undefined)],
  ['9 window bits', asked(true, 9)],
  ['15 window bits', asked(true, 15)],
  ['no context takeover, 9 window bits', asked(false, 9)],
  ['no context takeover, 15 window bits', asked(false, 15)],
  ['a fallback', fallback],
]

export const compressedHandshakes: Group = {
  id: '13',
  title: 'Compression: what is agreed on',
  cases: agreements.flatMap(([title, compression], i) => {
    return casesOf(`13.${i + 1}`, title, corpora[0] as Corpus, compression)
  }),
}
