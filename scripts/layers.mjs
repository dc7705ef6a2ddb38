// Which part of the code may know which: the layers of native/, and the rooms of lib/. Includes and imports point downwards
// only, types among them, and no files import each other in a circle.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Each layer of native/, with all below it. */
const LAYERS = {
  base: ['base'],
  protocol: ['protocol', 'base'],
  reactor: ['reactor', 'base'],
  net: ['net', 'reactor', 'base'],
  session: ['session', 'protocol', 'net', 'reactor', 'base'],
  binding: ['binding', 'session', 'protocol', 'net', 'reactor', 'base'],
}
const nodeHeaders = /^(napi|node_api|js_native_api|uv|node)\b/

const BRIDGE = ['bridge', 'base', 'types']
const TURN = ['turn', 'socket', 'http', 'tls', 'options', ...BRIDGE]
/** Each room of lib/, with those that it may import from. The files of lib/ itself are the room `index`. */
const ROOMS = {
  types: ['types'],
  base: ['base', 'types'],
  bridge: BRIDGE,
  options: ['options', ...BRIDGE],
  socket: ['socket', ...BRIDGE],
  http: ['http', ...BRIDGE],
  tls: ['tls', 'options', ...BRIDGE],
  turn: TURN,
  server: ['server', ...TURN],
  client: ['client', ...TURN],
  workers: ['workers', 'server', ...TURN],
  index: ['workers', 'server', 'client', 'types', 'base'],
  cli: ['cli', 'index'],
}

/** One sentence for each include or import that points the wrong way, and for each circle of files. */
export function layerViolations() {
  return [...includeViolations(), ...importViolations()]
}

function includeViolations() {
  const violations = []
  for (const [layer, allowed] of Object.entries(LAYERS)) {
    for (const file of filesOf(`native/${layer}`, /\.(cc|h)$/)) {
      for (const [, header] of readFileSync(join(root, file), 'utf8').matchAll(/^#include [<"](.+)[>"]/gm)) {
        const [directory] = header.split('/')
        const isOurs = directory in LAYERS && header.includes('/')
        const isWrong = isOurs ? !allowed.includes(directory) : layer !== 'binding' && nodeHeaders.test(header)
        if (isWrong) violations.push(`${file} may not include ${header}`)
      }
    }
  }
  return violations
}

function importViolations() {
  const violations = []
  const imports = new Map(filesOf('lib', /\.ts$/).map((file) => [file, importsOf(file)]))
  for (const [file, imported] of imports) {
    const allowed = ROOMS[roomOf(file)]
    if (!allowed) violations.push(`${file} is in no room that scripts/layers.mjs knows`)
    for (const each of imported) {
      if (allowed && !allowed.includes(roomOf(each))) violations.push(`${file} may not import ${each}`)
    }
  }
  return [...violations, ...circles(imports)]
}

/** The files of lib/ that a file imports from, by whatever kind of import. */
function importsOf(file) {
  const source = readFileSync(join(root, file), 'utf8')
  const specifiers = [...source.matchAll(/\b(?:from|import)\s*\(?\s*'(\.[^']+)\.js'/g)].map(
    ([, specifier]) => specifier,
  )
  return specifiers.map((specifier) => `${join(dirname(file), specifier)}.ts`)
}

function roomOf(file) {
  const [, room, ...rest] = file.split('/')
  return rest.length > 0 ? room : 'index'
}

/** @param {Map<string, string[]>} imports */
function circles(imports) {
  const found = []
  const done = new Set()
  const path = []
  const visit = (file) => {
    if (path.includes(file)) {
      found.push(`files import each other: ${[...path.slice(path.indexOf(file)), file].join(' → ')}`)
      return
    }
    if (done.has(file)) return
    path.push(file)
    for (const each of imports.get(file) ?? []) visit(each)
    path.pop()
    done.add(file)
  }
  for (const file of imports.keys()) visit(file)
  return found
}

/** Below a folder, relative to the repository. */
function filesOf(folder, pattern) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
}
