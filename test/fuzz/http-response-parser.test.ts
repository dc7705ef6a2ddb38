// Random answers to an opening request, read by our client and by Node's parser: what we call valid HTTP has to be valid to
// Node, with the same status and fields, and what only one of them takes must have a reason that is listed here.

import { once } from 'node:events'
import { request } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { type ConnectError, connect } from 'ntyws'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seededChoices } from '../support/choices.js'

const COUNT = 1500
const CONCURRENCY = 20
const { seed, random, pick, mostly } = seededChoices('random', 10)

const odd = ['', ' ', '\t', '\0', '\r', '\n', '\r\n', '\r\n ', ':', ';', '\x7f', '\x80', '\xe9', '\x1b']

function statusLine(): string {
  const version = mostly('HTTP/1.1', ['HTTP/1.0', 'HTTP/1.2', 'HTTP/2.0', 'http/1.1', 'HTTP/1.10', 'ICY', ''])
  const status = mostly(pick(['200', '401', '404', '503', '302']), [
    '99',
    '099',
    '1000',
    '600',
    '2x0',
    '',
    '204',
    '304',
  ])
  const phrase = pick([' OK', '', ' ', ' Not Found', ' caf\xe9', '  two'])
  return `${version}${mostly(' ', odd)}${status}${mostly(phrase, odd)}`
}

function field(): string {
  const name = mostly(pick(['X-A', 'Server', 'Set-Cookie', 'Date', 'a!#$%&*+-.^_`|~0']), [
    '',
    'X A',
    'X\xe9',
    '(x)',
    'Y ',
  ])
  return `${name}:${pick(['', ' ', '\t '])}${pick(['1', 'a  b', '', 'caf\xe9', '"q, r"', 'x\ty'])}${pick(['', ' '])}`
}

function randomAnswer(): Buffer {
  const fields = Array.from({ length: random(4) }, field)
  if (random(3) > 0) fields.push('Content-Length: 2')
  let answer = [statusLine(), ...fields, '', 'ok'].join('\r\n')
  if (random(3) === 0) {
    const place = random(answer.length)
    answer = answer.slice(0, place) + pick([...odd, String.fromCharCode(random(256))]) + answer.slice(place + random(2))
  }
  return Buffer.from(answer, 'latin1')
}

let server: Server
let port: number
const answers = new Map<string, Buffer>()

// Each request names the answer that it wants.
beforeAll(async () => {
  console.log(`seed ${seed}`)
  server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', (data) => {
      const [, path = ''] = /^GET (\S+)/.exec(data.toString('latin1')) ?? []
      socket.end(answers.get(path))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})
afterAll(() => server.close())

interface Taken {
  status: number
  fields: Record<string, string>
}

async function byUs(path: string): Promise<Taken | undefined> {
  const error: ConnectError = await connect(`ws://127.0.0.1:${port}${path}`).then(
    () => expect.unreachable(),
    (reason) => reason,
  )
  return error.status === undefined ? undefined : { status: error.status, fields: { ...error.headers } }
}

function byNode(path: string): Promise<Taken | undefined> {
  return new Promise((resolve) => {
    const outgoing = request({ port, host: '127.0.0.1', path, agent: false })
    outgoing.on('error', () => resolve(undefined))
    outgoing.on('response', (response) => {
      const fields: Record<string, string> = {}
      for (let i = 0; i < response.rawHeaders.length; i += 2) {
        const name = (response.rawHeaders[i] as string).toLowerCase()
        const value = response.rawHeaders[i + 1] as string
        fields[name] = name in fields ? `${fields[name]}, ${value}` : value
      }
      resolve({ status: response.statusCode as number, fields })
      response.resume().on('error', () => {})
    })
    outgoing.end()
  })
}

/** Why only Node takes it. */
const stricter: Record<string, (answer: string) => boolean> = {
  'another version than HTTP/1.x': (answer) => /^\s*HTTP\/(?!1\.\d )/.test(answer),
  'white space or an empty line first': (answer) => /^\s/.test(answer),
  'a status of other than three digits, or below 100': (answer) => !/^HTTP\/1\.\d [1-9]\d\d[ \r]/.test(answer),
  'line feeds alone, or carriage returns alone': (answer) => /[^\r]\n|\r[^\n]/.test(answer),
  'a line that goes on with the next': (answer) => /\r\n[ \t]/.test(answer),
  'a space before the colon': (answer) => /^[^:\r\n]*[ \t]:/m.test(answer),
  'control characters': (answer) => /[^\t\r\n\x20-\x7e\x80-\xff]/.test(answer),
}
/** Why only we do. */
const laxer: Record<string, (answer: string) => boolean> = {
  // RFC 9110 §2.5: a minor version above the highest known one is to be read as that.
  'HTTP/1.2 to 1.9': (answer) => /^HTTP\/1\.[2-9] /.test(answer),
  // RFC 9112 §6.3 ends it, but for the reason of a refusal its body is read as far as it goes.
  'a length that is none, or two': (answer) => /content-length/i.test(answer),
}

test('what we take for a response, Node takes for the same', { timeout: 120_000 }, async () => {
  for (let i = 0; i < COUNT; i++) answers.set(`/${i}`, randomAnswer())
  const paths = [...answers.keys()]
  const differences: string[] = []
  let both = 0
  async function compareSome(): Promise<void> {
    for (let path = paths.pop(); path; path = paths.pop()) {
      const [ours, nodes] = await Promise.all([byUs(path), byNode(path)])
      const text = (answers.get(path) as Buffer).toString('latin1')
      const explained = (reasons: typeof stricter) => Object.values(reasons).some((applies) => applies(text))
      if (ours && !nodes && !explained(laxer)) differences.push(`only we accept ${JSON.stringify(text)}`)
      if (nodes && !ours && !explained(stricter)) differences.push(`only Node accepts ${JSON.stringify(text)}`)
      if (!ours || !nodes) continue
      both++
      if (JSON.stringify(ours) !== JSON.stringify(nodes)) {
        differences.push(`${JSON.stringify(ours)} is ${JSON.stringify(nodes)} of ${JSON.stringify(text)}`)
      }
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, compareSome))
  expect(differences, `with SEED=${seed}`).toEqual([])
  expect(both).toBeGreaterThan(COUNT / 4)
})
