// Each system call of a dial fails once, in each way that it can: the dial ends with its error, or does without.

import { expect, test } from 'vitest'
import { FailingCalls, type Fault } from '../support/failing-calls.js'
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

/** @returns what became of the dials of which a call was spoiled */
async function spoilEach(fault: Fault): Promise<object[]> {
  const target = await startEcho()
  const failing = new FailingCalls()
  const server = await FaultServer.start(options, failing.settings)
  const user = await RawClient.open(server.port)
  const dial = async () => {
    user.send(target.url)
    return JSON.parse((await user.readFrame()).payload.toString())
  }
  expect(await dial()).toEqual({ code: 1000 })
  const outcomes: object[] = []
  for (let n = 1; ; n++) {
    failing.spoil(fault, n)
    const outcome = await dial()
    if (!failing.stop()) {
      expect(outcome).toEqual({ code: 1000 })
      user.socket.destroy()
      await server.expectRecovery()
      await server.expectEnd()
      return outcomes
    }
    outcomes.push(outcome)
    await server.expectRecovery({ remaining: [user] })
    await expect.poll(() => target.server.connections).toBe(0)
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
  for (const outcome of outcomes) expect(outcome).toEqual({ code: 1000 })
})
