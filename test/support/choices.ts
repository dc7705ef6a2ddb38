// Random choices that can be made again: SEED=… in the environment says which, SEED=random that nobody knows them yet.

/**
 * @param usualSeed taken without SEED
 * @param oddOneIn how seldom `mostly` takes one of the others
 */
export function seededChoices(usualSeed: string, oddOneIn: number) {
  const { SEED = usualSeed } = process.env
  const seed = SEED === 'random' ? Math.floor(Math.random() * 2 ** 32) : Number(SEED)

  // mulberry32, public domain.
  let state = seed
  function random(below: number): number {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
  function pick<T>(choices: readonly T[]): T {
    return choices[random(choices.length)] as T
  }
  /** The first choice mostly. */
  function mostly<T>(usual: T, others: readonly T[]): T {
    return random(oddOneIn) === 0 ? pick(others) : usual
  }
  return { seed, random, pick, mostly }
}
