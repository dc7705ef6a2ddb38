// Makes lib/bridge/record-layout.ts from the constants of native/binding/record_layout.h, the one source of the memory
// layout that C++ and TypeScript share. With --check it only says whether the file is up to date, by its exit status.
import { readFileSync, writeFileSync } from 'node:fs'

const source = new URL('../native/binding/record_layout.h', import.meta.url)
const target = new URL('../lib/bridge/record-layout.ts', import.meta.url)

const constant = /^inline constexpr int32_t k(\w+) = (\d+);/
const lines = readFileSync(source, 'utf8').split('\n')
const declared = lines.filter((line) => line.startsWith('inline constexpr'))
const constants = declared.map((line) => {
  const match = constant.exec(line)
  if (!match) throw new Error(`record_layout.h has a constant that is no plain integer: ${line}`)
  const name = match[1].replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toUpperCase()
  return `export const ${name} = ${match[2]}`
})

const text = `// Generated from native/binding/record_layout.h by scripts/record-layout.mjs: do not edit.\n\n${constants.join('\n')}\n`

if (!process.argv.includes('--check')) {
  writeFileSync(target, text)
} else if (readFileSync(target, 'utf8') !== text) {
  console.error('lib/bridge/record-layout.ts is stale: run `node scripts/record-layout.mjs`')
  process.exit(1)
}
