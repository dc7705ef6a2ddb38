// Header fields that users give, as lines, checked: nothing can break out of its field, or speak of what is ours to say.

import { invalidArgument, invalidValue } from '../base/errors.js'
import { kindOf, shown } from '../base/shown.js'

const fieldName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const badInFieldValue = /[^\t\x20-\x7e\x80-\xff]/

/**
 * Whole header lines, each with its CRLF.
 * @param ownFields those that may not be given, by lower-case name, and why.
 */
export function headerLines(
  headers: Readonly<Record<string, string | readonly string[]>> | undefined,
  ownFields: Readonly<Record<string, string>>,
): string {
  if (headers !== undefined && !isPlainObject(headers)) {
    throw invalidArgument(`headers must be an object of names and values, not ${kindOf(headers)} of another kind`)
  }
  let lines = ''
  for (const [name, values] of Object.entries(headers ?? {})) {
    if (!fieldName.test(name))
      throw invalidValue(`${shown(beginOf(name))} begins what is no name of a header field: ${kindOf(name)}`)
    const reserved = name.toLowerCase()
    if (Object.hasOwn(ownFields, reserved)) throw invalidValue(`the header field ${name} ${ownFields[reserved]}`)
    for (const value of Array.isArray(values) ? values : [values]) {
      if (typeof value !== 'string' || badInFieldValue.test(value)) {
        throw invalidValue(`${kindOf(value)} is no value of the header field ${name}`)
      }
      lines += `${name}: ${value}\r\n`
    }
  }
  return lines
}

// A Map or the Headers of fetch have no properties of their own: they would be taken for no fields at all.
function isPlainObject(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

// A whole line given as a name has its value behind that.
function beginOf(name: string): string {
  return /^[\w-]*/.exec(name)?.[0] ?? ''
}
