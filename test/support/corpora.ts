// What messages are made of, by kind of content: the kinds compress very differently. The same bytes each time.

import { createHash } from 'node:crypto'

/** Bytes that nothing compresses. */
export function noise(size: number, name = 'noise'): Buffer {
  return createHash('shake256', { outputLength: size }).update(name).digest()
}

const syllables = ['ba', 'ze', 'lo', 'mi', 'tur', 'sch', 'ön', 'ße', 'ка', '日', '😀', 'en', 'er', 'ge', 'und', 'st']

function word(choice: number): string {
  return syllables[choice & 15] + (syllables[(choice >> 4) & 7] as string)
}

function words(count: number, name: string): string[] {
  // Few words often, many seldom.
  return Array.from(noise(2 * count, name).subarray(0, count), (choice) => word((choice * choice) >> 9))
}

function json(): Buffer {
  const records = words(2400, 'json').map((name, id) => {
    return { id, name, score: Math.sin(id), tags: [name, `tag ${id % 7}`], active: id % 3 === 0, parent: null }
  })
  return Buffer.from(JSON.stringify(records, null, 1))
}

/** Grey, 512 by 512: slopes, and a little noise on them. */
function picture(): Buffer {
  const grain = noise(512 * 512, 'picture')
  return grain.map((value, at) => ((at & 511) >> 2) + (at >> 11) + (value & 3)) as Buffer
}

function prose(): Buffer {
  const lines = words(36_000, 'prose').map((each, i) => each + (i % 11 === 10 ? '.\n' : ' '))
  return Buffer.from(lines.join(''))
}

function html(): Buffer {
  const rows = words(2700, 'html').map((each, i) => {
    return `<tr class="row ${i % 2 ? 'odd' : 'even'}"><td>${i}</td><td><a href="/${each}/${i}">${each}</a></td></tr>\n`
  })
  return Buffer.from(`<!doctype html>\n<table>\n${rows.join('')}</table>\n`)
}

/** A little text about streams that are compressed already. */
function document(): Buffer {
  const objects = Array.from({ length: 40 }, (_, i) => [
    Buffer.from(`${i} 0 obj\n<< /Length 25000 /Filter /FlateDecode >>\nstream\n`),
    noise(25_000, `stream ${i}`),
    Buffer.from('\nendstream\nendobj\n'),
  ])
  return Buffer.concat(objects.flat())
}

export interface Corpus {
  name: string
  /** Whether it is text: UTF-8 then. */
  isText: boolean
  bytes: Buffer
}

export const corpora: Corpus[] = [
  { name: 'JSON', isText: true, bytes: json() },
  { name: 'a picture', isText: false, bytes: picture() },
  { name: 'prose', isText: false, bytes: prose() },
  { name: 'HTML', isText: true, bytes: html() },
  { name: 'a document of compressed parts', isText: false, bytes: document() },
]

/** About `size` bytes, another piece for each `index`; of text, whole code points. */
export function pieceOf({ bytes, isText }: Corpus, size: number, index: number): Buffer {
  const boundary = (at: number) => {
    while (isText && at < bytes.length && ((bytes[at] as number) & 0xc0) === 0x80) at++
    return at
  }
  const from = boundary((index * 7919) % (bytes.length - size))
  return bytes.subarray(from, boundary(from + size))
}
