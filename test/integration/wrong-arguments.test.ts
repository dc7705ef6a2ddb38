// Every function of the addon with everything that it does not take: it throws an error of JavaScript's, and does nothing.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { runChild } from '../support/child.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Source of a native instance that has started, with a server that listens, and arguments that are right. */
const prelude = `
  import { createRequire } from 'node:module'
  import { mkdtempSync, rmSync } from 'node:fs'
  import { tmpdir } from 'node:os'
  import * as layout from '${root}dist/bridge/record-layout.js'
  // Some arguments are right: Unix sockets are made.
  const folder = mkdtempSync(tmpdir() + '/ntyws-wrong-arguments-')
  process.chdir(folder)
  process.on('exit', () => rmSync(folder, { recursive: true }))
  const { createInstance } = createRequire(import.meta.url)('${root}build/Release/ntyws.node')
  const native = createInstance()
  const memory = () => ({
    inboxRecords: new Int32Array(layout.INBOX_RECORDS_MAX * layout.INBOX_RECORD_WORDS),
    inboxPayloads: Buffer.alloc(0),
    inboxAttachments: [],
    inboxLent: [],
    outboxSeal: new Int32Array(layout.SEAL_WORDS),
    outboxRecords: new Int32Array(layout.OUTBOX_RECORDS_MAX * layout.OUTBOX_RECORD_WORDS),
    outboxPayloads: new Uint8Array(layout.OUTBOX_PAYLOAD_BYTES),
    outboxText: new Uint8Array(layout.OUTBOX_TEXT_BYTES),
    outboxAttachments: [],
    outboundBytes: new Float64Array(1 << 20),
    resource: {},
  })
  const deflate = {
    threshold: 1024, serverNoContextTakeover: false, clientNoContextTakeover: false,
    serverMaxWindowBits: 12, clientMaxWindowBits: 12, level: 3, memLevel: 5,
  }
  const connection = {
    maxPayload: 1024, maxFragments: 0, maxMessagesPerSecond: 0, maxBytesPerSecond: 0, highWaterMark: 1024,
    closeTimeout: 1000, idleTimeout: 0, sendPings: true, maxLifetime: 0, maxHeaderSize: 1024, maxHeadersCount: 10,
    perMessageDeflate: deflate,
  }
  const server = {
    ...connection, backlog: 5, handshakeTimeout: 1000, upgradeTimeout: 0, maxConnections: 0, maxConnectionsPerAddress: 0, ipv6PrefixLength: 64, reusePort: false,
    asksUpgrade: false, asksRequest: false, reportsTlsErrors: false,
  }
  const context = {
    cert: [], key: [], ca: [{ text: '', source: 'x', passphrase: '' }], ciphers: '', minVersion: 12, maxVersion: 13,
    ALPNProtocols: ['a'], requestCert: false, rejectUnauthorized: true, sessionTimeout: 300, ticketKeys: new Uint8Array(48),
  }
  const plan = {
    path: '', addresses: ['127.0.0.1'], port: 1, localAddress: '127.0.0.1', tunnel: '', request: 'GET / HTTP/1.1\\r\\n\\r\\n',
    protocols: '', secureContext: -1, tlsHost: 'a.b', asksForTlsHost: true, server: 'a.b:1',
  }
  const right = {
    start: [memory(), () => false],
    createServer: [server],
    listen: [0, '127.0.0.1', [0]],
    listenAt: [0, folder + '/socket'],
    listenShared: ['127.0.0.1', [0], 5, false, 2],
    closeShares: [0],
    adopt: [0, [0], [1]],
    createSecureContext: [context],
    freeSecureContext: [0],
    setSecureContext: [0, 0, ''],
    createClientContext: [context],
    freeClientContext: [0],
    closeServer: [0],
    forgetServer: [0],
    dial: [1, connection, plan],
    hangUp: [1],
    giveUp: [1],
    readStats: [0, new Float64Array(7)],
    flush: [],
    setKeepAlive: [false],
    parsePorts: ['1'],
    isAddress: ['1'],
    isSocketPath: ['1'],
  }
  const functions = Object.keys(native).filter((name) => typeof native[name] === 'function')

  class Thrown extends Error {}
  const thrower = () => { throw new Thrown() }
  const trap = new Proxy({}, { get: thrower })
  const wrong = [
    undefined, null, true, NaN, -2, 0.5, 2 ** 40, Infinity, 4294967295, 10n, '', 'x', 'a\\0b', 'x'.repeat(300), {}, [], [{}], [-1], ['x'],
    new Array(2 ** 32 - 1), Symbol('s'), thrower, trap, new Proxy([], { get: thrower }),
    new Proxy(right.dial[2], { get: (_, name) => (name === 'path' ? thrower() : right.dial[2][name]) }),
    new Uint8Array(3), new Float64Array(6), new Int32Array(0), new DataView(new ArrayBuffer(8)), Object.create(null),
  ]
  /** Every way to spoil one of the arguments, or one member of them, however deep. */
  function* spoilt(value) {
    yield* wrong
    if (Array.isArray(value)) {
      for (const [i, each] of value.entries()) for (const other of spoilt(each)) yield value.with?.(i, other) ?? value.map((x, j) => (j === i ? other : x))
      if (value.length > 0) yield Object.defineProperty([], 0, { get: thrower })
    } else if (Object.getPrototypeOf(Object(value)) === Object.prototype && typeof value === 'object') {
      for (const [name, each] of Object.entries(value)) {
        for (const other of spoilt(each)) yield { ...value, [name]: other }
        yield Object.defineProperty({ ...value }, name, { get: thrower })
      }
    }
  }
  let calls = 0
  let refused = 0
  function call(name, args) {
    calls++
    try {
      return native[name](...args)
    } catch (error) {
      refused++
      const isOurs = (error instanceof TypeError || error instanceof RangeError || error instanceof Error) && /^ERR_[A-Z_]+$/.test(error.code)
      if (!(error instanceof Thrown) && !isOurs) throw error
      if (/PRIVATE/.test(error.message)) throw error
    }
  }
  function callAll() {
    for (const name of functions) {
      const args = right[name]
      for (const [i, value] of args.entries()) {
        call(name, args.slice(0, i)) // the rest is missing
        for (const other of spoilt(value)) call(name, args.map((each, j) => (j === i ? other : each)))
      }
    }
  }
`

test('all functions are tried', async () => {
  const { stdout, stderr } = await runChild(`${prelude}
    log(functions.filter((name) => !(name in right)).join(), Object.keys(right).filter((name) => !functions.includes(name)).join())
  `)
  expect({ stdout, stderr }).toEqual({ stdout: ' \n', stderr: '' })
})

test('before start', async () => {
  const { code, stderr, stdout } = await runChild(`${prelude}
    functions.splice(functions.indexOf('start'), 1)
    callAll()
    for (const name of functions) call(name, right[name])
    log(calls > 1000, refused > 1000)
  `)
  expect({ code, stderr, stdout }).toEqual({ code: 0, stderr: '', stdout: 'true true\n' })
})

test('start', async () => {
  const { code, stderr, stdout } = await runChild(`${prelude}
    const args = right.start
    let started = 0
    for (const [i, value] of args.entries()) {
      for (const other of spoilt(value)) {
        calls++
        try {
          createInstance().start(...args.map((each, j) => (j === i ? other : each)))
          started++
        } catch (error) {
          refused++
          if (!(error instanceof Thrown) && !/^ERR_/.test(error.code)) throw error
        }
      }
    }
    log(calls > 100, refused > 100)
  `)
  expect({ code, stderr, stdout }).toEqual({ code: 0, stderr: '', stdout: 'true true\n' })
})

test('after start, with servers, a client and contexts', async () => {
  const { code, stderr, stdout } = await runChild(`${prelude}
    native.start(...right.start)
    for (let i = 0; i < 3; i++) log(native.createServer(server))
    native.listen(2, '127.0.0.1', [0])
    log(native.createClientContext({ ...context, ca: [] }))
    callAll()
    log(calls > 1000, refused > 1000)
    for (let id = 0; id < 100; id++) call('closeServer', [id])
    setTimeout(() => process.exit(), 100) // what was dialled has come to nothing meanwhile
  `)
  expect({ code, stderr, stdout }).toEqual({ code: 0, stderr: '', stdout: '0\n1\n2\n0\ntrue true\n' })
})

test('what is wrong is named, and its value is not', async () => {
  const { stdout, stderr } = await runChild(`${prelude}
    native.start(...right.start)
    native.createServer(server)
    const show = (name, ...args) => {
      try {
        native[name](...args)
        log('taken')
      } catch ({ name, code, message }) {
        log(name, code, message)
      }
    }
    show('dial', 1, connection, { ...plan, tlsHost: 5 })
    show('dial', 1, connection, { ...plan, tlsHost: 'a\\0b' })
    show('dial', 1, connection, { ...plan, addresses: ['127.0.0.1', 'PRIVATE'] })
    show('dial', 1, connection, { ...plan, path: 'x'.repeat(108) })
    show('dial', 1, connection, { ...plan, path: 'a\\0b' })
    show('dial', 1, connection, { ...plan, secureContext: 7 })
    show('dial', 1, { ...connection, perMessageDeflate: { ...deflate, level: 10 } }, plan)
    show('closeServer', 7)
    show('readStats', 0, new Float64Array(6))
    show('createClientContext', { ...context, key: [{ text: 'PRIVATE', source: 'x', passphrase: '' }] })
    show('setSecureContext', 0, 0, '')
    show('adopt', 0, [0, 1], [1])
    show('start', ...right.start)
  `)
  expect(stderr).toBe('')
  expect(stdout.split('\n')).toEqual([
    'TypeError ERR_INVALID_ARG_TYPE plan.tlsHost must be a string, not a number',
    'TypeError ERR_INVALID_ARG_VALUE plan.tlsHost must have no zero byte',
    'TypeError ERR_INVALID_ARG_VALUE plan.addresses[1] must be an IP address',
    'TypeError ERR_INVALID_ARG_VALUE plan.path must be a path of 1 to 107 bytes without a zero byte',
    'TypeError ERR_INVALID_ARG_VALUE plan.path must be a path of 1 to 107 bytes without a zero byte',
    'RangeError ERR_OUT_OF_RANGE there is nothing by the number 7',
    'RangeError ERR_OUT_OF_RANGE options.perMessageDeflate.level must be an integer from 1 to 9',
    'RangeError ERR_OUT_OF_RANGE there is no server 7',
    'RangeError ERR_OUT_OF_RANGE into must have 7 elements',
    'TypeError ERR_INVALID_ARG_VALUE options.key must have as many elements as cert',
    'RangeError ERR_OUT_OF_RANGE there is nothing by the number 0',
    'RangeError ERR_OUT_OF_RANGE there must be as many descriptors as ports',
    'Error ERR_INVALID_STATE start() has been called before',
    '',
  ])
})

test('without a descriptor left, start throws what the system says, and works when there is one again', async () => {
  const { code, stdout, stderr } = await runChild(
    `
    import { closeSync, openSync } from 'node:fs'
    const held = []
    try {
      for (;;) held.push(openSync('/dev/null'))
    } catch {}
    const refused = await serve({ port: 0, host: '127.0.0.1' }).catch(({ code, message }) => [code, message].join(' '))
    for (const fd of held) closeSync(fd)
    const server = await serve({ port: 0, host: '127.0.0.1' })
    log(refused, server.ports.length)
    await server.close()
    `,
    [],
    64,
  )
  expect({ code, stderr, stdout }).toEqual({
    code: 0,
    stderr: '',
    stdout: 'EMFILE the system refused an epoll instance: Too many open files 1\n',
  })
})

test('nothing native asserts on what JavaScript gives', () => {
  for (const file of [
    'addon.cc',
    'arguments.cc',
    'given.cc',
    'entry.h',
    'parameters.h',
    'reference.h',
    'shared_memory.h',
  ]) {
    expect(readFileSync(`${root}native/binding/${file}`, 'utf8')).not.toContain('NTYWS_CHECK')
  }
})
