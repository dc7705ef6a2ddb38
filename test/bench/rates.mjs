// Chooses the rate of an open-loop row from the rates that the servers reached in a closed loop.

/** @typedef {import('./summary.mjs').Contender} Contender */

/**
 * The yardstick's maximum is the measure of our rate too: the same work at the same rate. It would swamp `ws`, which gets
 * the share of its own.
 * @param {Contender} contender
 * @param {ReadonlyMap<Contender, number>} maximumRates Messages a second, of all that are measured.
 * @param {number} share
 * @returns {number} Messages a second.
 */
export function rateOf(contender, maximumRates, share) {
  const measure = contender === 'ntyws' && maximumRates.has('yardstick') ? 'yardstick' : contender
  return Math.round(/** @type {number} */ (maximumRates.get(measure)) * share)
}
