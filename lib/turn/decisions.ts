// What is decided about opening requests, by slot: the requests whose answers are awaited, and what goes with an acceptance
// until its connection opens.

import type { Undecided } from '../base/errors.js'
import type { SlotHandle } from '../bridge/outbox.js'
import type { RequestImpl } from '../http/request.js'

// What `upgrade` gave as data. If the client goes first, the stale entry stays until the slot is used again.
const acceptedData: { generation: number; data: unknown }[] = []

export function keepAcceptedData({ slot, generation }: SlotHandle, data: unknown): void {
  acceptedData[slot] = { generation, data }
}

export function takeAcceptedData({ slot, generation }: SlotHandle): unknown {
  const accepted = acceptedData[slot]
  if (accepted === undefined) return undefined
  delete acceptedData[slot]
  return accepted.generation === generation ? accepted.data : undefined
}

const undecided: ({ generation: number; request: RequestImpl } | undefined)[] = []

export function keepUndecided({ slot, generation }: SlotHandle, request: RequestImpl): void {
  undecided[slot] = { generation, request }
}

/** Undefined when nobody waits for the answer any more. */
export function takeUndecided({ slot, generation }: SlotHandle): RequestImpl | undefined {
  const awaited = undecided[slot]
  if (awaited?.generation !== generation) return undefined
  undecided[slot] = undefined
  return awaited.request
}

/** C++ says that nobody waits for the answer any more. */
export function endUndecided(handle: SlotHandle, why: Undecided): void {
  takeUndecided(handle)?.end(why)
}
