// What a benchmark leaves behind: a report with everything measured, as JSON, and the pictures drawn from it.

import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import os from 'node:os'
import { join } from 'node:path'

/** @typedef {{ cpu: string | undefined, cores: number, kernel: string, node: string }} Machine */
/**
 * @typedef {object} Circumstances
 * @property {string} date
 * @property {Machine} machine
 * @property {number} rounds
 * @property {number} seconds
 * @property {number} stolenShare Of all cores' time, what the hypervisor gave to other machines meanwhile: noise.
 */

/** @returns {Machine} */
function describeMachine() {
  const cpus = os.cpus()
  return { cpu: cpus[0]?.model, cores: cpus.length, kernel: os.release(), node: process.version }
}

/**
 * @param {{ rounds: number, seconds: number }} options
 * @returns {() => Circumstances} To be called when all has been measured.
 */
export function startCircumstances({ rounds, seconds }) {
  const before = coreTime()
  return () => {
    const now = coreTime()
    const stolenShare = (now.stolen - before.stolen) / (now.all - before.all)
    return { date: new Date().toISOString(), machine: describeMachine(), rounds, seconds, stolenShare }
  }
}

/** @param {Circumstances} circumstances */
export function circumstancesLine({ machine, rounds, seconds, stolenShare }) {
  const { cpu, cores, kernel, node } = machine
  const stolen = stolenShare < 0.005 ? '' : `, ${Math.round(stolenShare * 100)} % of the time stolen by other machines`
  return `${cpu}, ${cores} cores, Linux ${kernel}, Node ${node}; medians of ${rounds} × ${seconds} s${stolen}`
}

/** Of all cores since the start, in ticks. See proc_stat(5). */
function coreTime() {
  const [user, nice, system, idle, iowait, irq, softirq, stolen] = readFileSync('/proc/stat', 'utf8')
    .split('\n', 1)[0]
    .split(/\s+/)
    .slice(1)
    .map(Number)
  return { stolen, all: user + nice + system + idle + iowait + irq + softirq + stolen }
}

/**
 * @param {string} directory Is made when it is missing.
 * @param {string} name Of the report, without its ending.
 * @param {object} report
 * @param {Record<string, string>} pictures SVG by file name.
 */
export async function writeReport(directory, name, report, pictures) {
  await mkdir(directory, { recursive: true })
  const files = { [`${name}.json`]: `${JSON.stringify(report, null, 1)}\n`, ...pictures }
  await Promise.all(Object.entries(files).map(([file, text]) => writeFile(join(directory, file), text)))
}
