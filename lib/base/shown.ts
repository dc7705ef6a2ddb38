// Values of users in error messages. Messages end in logs: what is inside objects, buffers and functions is never shown, and
// of what may be secret only the kind. Nothing else in lib/ puts a value that it was given into a message by itself.

/** Longest string that is shown. */
const shownMax = 120

/** A value that is no secret: numbers, booleans and short strings as they are, of all others the kind. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return value.length <= shownMax ? quoted(value) : kindOf(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'number' || typeof value === 'boolean' || value == null) return String(value)
  return kindOf(value)
}

/** What kind of value it is, and of which size: for keys, passphrases, header fields, tokens and URLs. */
export function kindOf(value: unknown): string {
  if (value == null) return String(value)
  if (typeof value === 'string') return `a string of ${value.length} characters`
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (ArrayBuffer.isView(value)) return `binary data of ${value.byteLength} bytes`
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

// As Node quotes it, and without line breaks, which would forge lines of a log.
function quoted(text: string): string {
  const escaped = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"')
  return `'${escaped.replaceAll("'", "\\'")}'`
}
