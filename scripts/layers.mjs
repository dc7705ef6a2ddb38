// The layers of native/: which directory may include which. Includes point downwards only, and only the binding knows Node.
import { readdirSync, readFileSync } from 'node:fs'

const mayInclude = {
  base: ['base'],
  protocol: ['protocol', 'base'],
  reactor: ['reactor', 'base'],
  net: ['net', 'reactor', 'base'],
  session: ['session', 'protocol', 'net', 'reactor', 'base'],
  binding: ['binding', 'session', 'protocol', 'net', 'reactor', 'base'],
}
const nodeHeaders = /^(napi|node_api|js_native_api|uv|node)\b/
const native = new URL('../native/', import.meta.url)

/** One sentence for each include that points the wrong way. */
export function layerViolations() {
  const violations = []
  for (const [layer, allowed] of Object.entries(mayInclude)) {
    for (const name of readdirSync(new URL(layer, native))) {
      const source = readFileSync(new URL(`${layer}/${name}`, native), 'utf8')
      for (const [, header] of source.matchAll(/^#include [<"](.+)[>"]/gm)) {
        const [directory] = header.split('/')
        const isOurs = directory in mayInclude && header.includes('/')
        const isWrong = isOurs ? !allowed.includes(directory) : layer !== 'binding' && nodeHeaders.test(header)
        if (isWrong) violations.push(`native/${layer}/${name} may not include ${header}`)
      }
    }
  }
  return violations
}
