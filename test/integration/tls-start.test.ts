// What is wrong with certificates and keys shows before anything listens, with `serve`, with workers and on the command
// line; and each of them changes certificates while it runs.

import { X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { type SecureContextOptions, type Server, serve } from 'ntyws'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import * as built from '../../dist/index.js'
import { type Identity, makeIdentity, testCa, testIdentity } from '../support/certificates.js'
import { Cli } from '../support/cli.js'
import { openTls, refusalOf } from '../support/tls-client.js'
import { WsClient } from '../support/ws-client.js'

vi.setConfig({ testTimeout: 30_000 })

const handler = new URL('../support/workers/handler.mjs', import.meta.url)
const files = ({ certFile, keyFile }: Identity) => ({ cert: certFile, key: keyFile })
const mismatch = { cert: testIdentity.cert, key: (await makeIdentity()).key }

async function fingerprint(port: number, ca = testCa.cert): Promise<string> {
  const { socket } = await openTls(port, { ca })
  const { fingerprint256 } = socket.getPeerCertificate()
  socket.destroy()
  return fingerprint256
}

test('serve listens to nothing with a certificate that is wrong', async () => {
  const taken = await serve({ port: 0, host: '127.0.0.1' })
  onTestFinished(() => taken.close())
  // The port cannot be had either: that the certificate is what is told shows that it is looked at first.
  const options = { port: taken.ports as number[], host: '127.0.0.1', tls: mismatch }
  await expect(serve(options)).rejects.toMatchObject({ name: 'SecureContextError', code: 'ERR_TLS_KEY_MISMATCH' })
  await expect(serve({ ...options, tls: 'yes' as unknown as SecureContextOptions })).rejects.toMatchObject({
    code: 'ERR_INVALID_ARG_TYPE',
  })
})

describe('workers', () => {
  let replaced = 0
  const start = async (tls: SecureContextOptions): Promise<Server> => {
    replaced = 0
    const workerExit = () => void replaced++
    const server = await built.serveWorkers(handler, { workers: 2, port: 0, host: '127.0.0.1', tls, workerExit })
    onTestFinished(() => server.close())
    return server
  }

  test('that have a wrong certificate do not start', async () => {
    await expect(built.serveWorkers(handler, { workers: 2, port: 0, tls: mismatch })).rejects.toMatchObject({
      code: 'ERR_TLS_KEY_MISMATCH',
    })
  })

  test('resume sessions of each other', async () => {
    const server = await start(files(testIdentity))
    expect(server.secure).toBe(true)
    const [port] = server.ports as [number]
    const first = await openTls(port)
    await expect.poll(() => first.session).toBeDefined()
    // The kernel shares connections out: of twenty each worker gets some.
    for (let i = 0; i < 20; i++) {
      const { socket } = await openTls(port, { session: first.session as Buffer })
      expect(socket.isSessionReused()).toBe(true)
      socket.destroy()
    }
  })

  test('change their certificates together, and whoever takes their place has them too', async () => {
    const identity = await makeIdentity({ issuer: testCa })
    const server = await start(files(identity))
    const [port] = server.ports as [number]
    const seen = async () => new Set(await Promise.all(Array.from({ length: 20 }, () => fingerprint(port))))
    const before = await seen()
    expect(before.size).toBe(1)

    const renewed = await makeIdentity({ issuer: testCa })
    writeFileSync(identity.certFile, renewed.cert)
    writeFileSync(identity.keyFile, renewed.key)
    await server.setSecureContext()
    const after = await seen()
    expect(after.size).toBe(1)
    expect(after).not.toEqual(before)

    await expect(server.setSecureContext(mismatch)).rejects.toMatchObject({ code: 'ERR_TLS_KEY_MISMATCH' })
    expect(await seen()).toEqual(after)

    const other = testIdentity
    await server.setSecureContext({ cert: other.cert, key: other.key })
    await server.setSecureContext(files(renewed), 'renewed.example')
    const last = await seen()
    expect(last.size).toBe(1)
    expect(last).not.toEqual(after)

    const url = `wss://localhost:${port}`
    const doomed = await WsClient.open(url, [], { ca: testCa.cert })
    doomed.send('exit')
    await doomed.closed
    await expect.poll(() => replaced).toBe(1)
    expect(await seen()).toEqual(last)
    const named = async () => {
      const { socket } = await openTls(port, { servername: 'renewed.example', rejectUnauthorized: false })
      return socket.getPeerCertificate().fingerprint256
    }
    expect(await named()).toBe([...after][0])

    const newest = await makeIdentity({ issuer: testCa })
    writeFileSync(renewed.certFile, newest.cert)
    writeFileSync(renewed.keyFile, newest.key)
    await server.setSecureContext()
    const all = await Promise.all(Array.from({ length: 20 }, named))
    expect(new Set(all)).toEqual(new Set([new X509Certificate(newest.cert).fingerprint256]))
    expect(await seen()).toEqual(last)
  })

  test('without TLS cannot get it later', async () => {
    const server = await built.serveWorkers(handler, { workers: 1, port: 0, host: '127.0.0.1' })
    onTestFinished(() => server.close())
    expect(server.secure).toBe(false)
    await expect(server.setSecureContext(files(testIdentity))).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' })
  })
})

describe('the command', () => {
  const running: Cli[] = []
  const ntyws = (...args: string[]) => {
    const cli = Cli.start('serve', '-p', '0', ...args)
    running.push(cli)
    return cli
  }
  afterEach(async () => {
    for (const cli of running.splice(0)) {
      cli.kill('SIGKILL')
      await cli.exit
    }
  })
  const portOf = (url: string) => Number(new URL(url).port)
  const flags = ({ certFile, keyFile }: Identity) => ['--cert', certFile, '--key', keyFile]

  test.each([[[]], [['-w', '2']]])('speaks wss %j', async (more) => {
    const url = await ntyws(...flags(testIdentity), ...more).listening()
    expect(url).toMatch(/^wss:\/\/127\.0\.0\.1:\d+$/)
    const client = await WsClient.open(url, [], { ca: testCa.cert })
    client.send('hello')
    expect(await client.next()).toBe('hello')
  })

  test('--ca asks clients for certificates', async () => {
    const url = await ntyws(...flags(testIdentity), '--ca', testCa.certFile).listening()
    expect(await refusalOf(portOf(url), {})).toBe('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED')
    const { cert, key } = await makeIdentity({ issuer: testCa })
    await WsClient.open(url, [], { ca: testCa.cert, cert, key })
  })

  test.each([[[]], [['-w', '2']]])(
    'SIGHUP reads the files again, and keeps what it has of wrong ones %j',
    async (more) => {
      const identity = await makeIdentity({ issuer: testCa })
      const cli = ntyws(...flags(identity), ...more)
      const url = await cli.listening()
      const client = await WsClient.open(url, [], { ca: testCa.cert })
      const before = await fingerprint(portOf(url))
      const renewed = await makeIdentity({ issuer: testCa })
      writeFileSync(identity.certFile, renewed.cert)
      cli.kill('SIGHUP')
      await expect
        .poll(() => cli.stderr, { timeout: 10_000 })
        .toMatch(/^ntyws: certificates not read again: the file '.*' \(tls\.key\) is not the key of the certificate/)
      expect(await fingerprint(portOf(url))).toBe(before)
      writeFileSync(identity.keyFile, renewed.key)
      cli.kill('SIGHUP')
      await cli.printed(/^certificates read again$/m)
      expect(await fingerprint(portOf(url))).not.toBe(before)
      client.send('still here')
      expect(await client.next()).toBe('still here')
    },
  )

  test.each([[[]], [['-w', '2']]])('a file that is not there, or not right %j', async (more) => {
    const { certFile, keyFile } = testIdentity
    const missing = await ntyws('--cert', '/no/such.pem', '--key', keyFile, ...more).exit
    expect(missing).toMatchObject({ code: 1, stdout: '' })
    expect(missing.stderr).toMatch(/^ntyws: the file '\/no\/such\.pem' \(tls\.cert\) cannot be read: ENOENT/)
    const wrong = await ntyws('--cert', certFile, '--key', (await makeIdentity()).keyFile, ...more).exit
    expect(wrong).toMatchObject({ code: 1, stdout: '' })
    expect(wrong.stderr).toContain('is not the key of the certificate')
  })

  test.each([
    [['--cert', 'c.pem'], '--cert needs --key'],
    [['--key', 'k.pem'], '--key needs --cert'],
    [['--ca', 'ca.pem'], '--ca needs --key'],
  ])('%j', async (args, message) => {
    expect(await ntyws(...args).exit).toMatchObject({ code: 2, stderr: `ntyws: ${message}\n` })
  })
})
