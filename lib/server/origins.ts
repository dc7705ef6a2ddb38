// Which sites' pages may connect: the option `origins`, and the Origin field that it is held against (RFC 6455 §10.2).

import { invalidArgument, invalidValue } from '../base/errors.js'
import { shown } from '../base/shown.js'
import type { Origins } from '../types/index.js'

/** Whether a page of this origin, in its normal form, may connect. */
export type OriginRule = (origin: string) => boolean

/**
 * Checks the option and makes the rule of it.
 * @throws TypeError for what is no list of origins and no function.
 */
export function originRule(origins: Origins | undefined): OriginRule | undefined {
  if (origins === undefined) return undefined
  if (typeof origins === 'function') return askedRule(origins)
  if (!Array.isArray(origins)) {
    throw invalidArgument(`origins must be an array of origins or a function, not ${shown(origins)}`)
  }
  const allowed = new Set(origins.map(readEntry))
  return (origin) => allowed.has(origin)
}

/**
 * Whether the client may connect, by the value of its Origin field. Pages always send one: a client without it is none.
 * A field that is no origin, or came several times, is let in by no rule.
 */
export function admitsOrigin(rule: OriginRule, field: string | undefined): boolean {
  if (field === undefined) return true
  const origin = /^[!-~]*$/.test(field) ? normalOrigin(field) : undefined
  return origin !== undefined && rule(origin)
}

// A promise would let everybody in.
function askedRule(ask: (origin: string) => boolean): OriginRule {
  return (origin) => {
    const answer: unknown = ask(origin)
    if (typeof answer !== 'boolean') throw invalidArgument(`origins returns a boolean, not ${shown(answer)}`)
    return answer
  }
}

function readEntry(entry: unknown): string {
  if (typeof entry !== 'string') throw invalidArgument(`origins must have strings in it, not ${shown(entry)}`)
  const origin = normalOrigin(entry.replace(/(?<=[^/])\/$/, ''))
  if (origin === undefined) {
    throw invalidValue(`origins has ${shown(entry)}, which is none: 'https://host', 'https://host:port' or 'null'`)
  }
  return origin
}

/** As browsers write it: lower case, Punycode, no default port. Undefined for what is no origin. */
function normalOrigin(text: string): string | undefined {
  if (text === 'null' || text === 'file://') return text
  // A URL may have a path, a query, a user, and drops white space. No host has a star, which would match itself alone.
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@*\\]+$/i.test(text) || !URL.canParse(text)) return undefined
  const url = new URL(text)
  // Schemes that URL does not know, such as those of extensions, have no origin to it.
  return url.origin === 'null' ? `${url.protocol}//${url.host}`.toLowerCase() : url.origin
}
