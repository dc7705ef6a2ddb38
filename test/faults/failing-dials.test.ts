// Each system call of a dial fails once, in each way that it can: the dial ends with its error, or does without.

import { expect, test } from 'vitest'
import { FailingCalls, type Fault, harmlessTransfers } from '../support/failing-calls.js'
import { FaultServer } from '../support/fault-server.js'
import { RawClient } from '../support/raw-client.js'
import { startEcho } from '../support/test-server.js'

/** Dials the URL that a message has, exchanges a message there, and says what became of it. */
const options = `{
  async message(socket, data) {
    if (!data.startsWith('ws:')) return socket.send(data)
    const outcome = await new Promise((resolve) => {
      const handlers = {
        open: (peer) => void peer.send('x'),
        message: (peer) => void peer.close(1000),
        close: (_, code) => resolve({ code }),
      }
      connect(data, handlers).catch(({ code, message, syscall, address }) => resolve({ code, message, syscall, address }))
    })
    socket.send(JSON.stringify(outcome))
  },
}`

const good = { code: 1000 }

/** @returns what became of the dials of which a call was spoiled, or null where it was a call of the user's connection */
async function spoilEach(fault: Fault): Promise<(object | null)[]> {
  const target = await startEcho()
  const failing = new FailingCalls()
  const server = await FaultServer.start(options, failing.settings)
  const bystander = await RawClient.open(server.port)
  const dial = async (spoil: () => void) => {
    const user = await RawClient.open(server.port)
    spoil()
    user.send(target.url)
    const answer = await user.readFrame().catch(() => null)
    const wasSpoiled = failing.stop()
    user.socket.destroy()
    await server.expectRecovery({ remaining: [bystander] })
    await expect.poll(() => target.server.connections).toBe(0)
    return { wasSpoiled, outcome: answer && JSON.parse(answer.payload.toString()) }
  }
  expect((await dial(() => {})).outcome).toEqual(good)
  const outcomes: (object | null)[] = []
  for (let n = 1; ; n++) {
    const { wasSpoiled, outcome } = await dial(() => failing.spoil(fault, n))
    if (!wasSpoiled) {
      expect(outcome).toEqual(good)
      bystander.socket.destroy()
      await server.expectRecovery()
      await server.expectEnd()
      return outcomes
    }
    outcomes.push(outcome)
  }
}

const deadly: Fault[] = [
  ...(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'] as const).map((error) => ({ call: 'socket', error }) as const),
  ...(['ENETUNREACH', 'EADDRNOTAVAIL', 'EACCES', 'ETIMEDOUT'] as const).map(
    (error) => ({ call: 'connect', error }) as const,
  ),
  ...(['ENOMEM', 'ENOSPC'] as const).map((error) => ({ call: 'epoll_ctl', error }) as const),
  ...(['ENOBUFS', 'ECONNREFUSED'] as const).map((error) => ({ call: 'getsockopt', error }) as const),
].map((each) => ({ ...each, fault: 'fails' }))

test.each(deadly)('a $call that fails with $error ends the dial with it, and leaves nothing', async (fault) => {
  const outcomes = await spoilEach(fault)
  expect(outcomes.length).toBeGreaterThan(0)
  for (const outcome of outcomes) {
    expect(outcome).toMatchObject({
      code: fault.error,
      message: expect.stringMatching(new RegExp(`^connect ws://.*: ${fault.error} 127\\.0\\.0\\.1:\\d+$`)),
      syscall: 'connect',
      address: '127.0.0.1',
    })
  }
})

test('a setsockopt that fails does no harm', async () => {
  const outcomes = await spoilEach({ call: 'setsockopt', fault: 'fails', error: 'ENOBUFS' })
  expect(outcomes.length).toBeGreaterThan(0)
  for (const outcome of outcomes) expect(outcome).toEqual(good)
})

test.each(harmlessTransfers)('any $call that $fault ($error) does no harm', async (fault) => {
  const outcomes = await spoilEach(fault)
  expect(outcomes.length).toBeGreaterThanOrEqual(4)
  for (const outcome of outcomes) expect(outcome).toEqual(good)
})

const breaking: Fault[] = [
  { call: 'send', fault: 'dies', error: 'EPIPE' },
  { call: 'send', fault: 'dies', error: 'ECONNRESET' },
  { call: 'send', fault: 'fails', error: 'ENOBUFS' },
  { call: 'recv', fault: 'dies', error: 'ECONNRESET' },
  { call: 'recv', fault: 'dies', error: 'ETIMEDOUT' },
  { call: 'recv', fault: 'fails', error: 'ENOMEM' },
]

test.each(breaking)(
  'any $call that $fault ($error) ends the dial or its connection, and leaves nothing',
  async (fault) => {
    const outcomes = (await spoilEach(fault)).filter((outcome) => outcome !== null)
    expect(outcomes.length).toBeGreaterThanOrEqual(3)
    const [first, ...others] = outcomes
    const message = expect.stringMatching(
      new RegExp(`^connect ws://.*: the server broke the connection off: ${fault.error}$`),
    )
    expect(first).toMatchObject({ code: fault.error, message })
    expect(others).toContainEqual({ code: 1006 })
    for (const outcome of others) expect([good, { code: 1006 }]).toContainEqual(outcome)
  },
)
