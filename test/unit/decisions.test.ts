import { expect, test } from 'vitest'
import { takeAcceptedData } from '../../lib/turn/decisions.js'
import { RawClient } from '../support/raw-client.js'
import { startServer } from '../support/test-server.js'

test('data is taken once, when the connection opens', async () => {
  const { port, opened } = await startServer<object>({ upgrade: () => ({ data: { mine: true } }) })
  await RawClient.open(port)
  const socket = (await opened.next()) as unknown as { slot: number; generation: number; data: object }
  expect(socket.data).toEqual({ mine: true })
  expect(takeAcceptedData(socket)).toBeUndefined()
})

test('there is none for a slot that was never accepted', () => {
  expect(takeAcceptedData({ slot: 999_999, generation: 0 })).toBeUndefined()
})
