// Which properties of an object count that a user gives. What somebody has put on Object.prototype, by a "__proto__" in JSON
// that was merged for instance, is nobody's option: else `rejectUnauthorized: false` there would switch TLS checks off.
//
// Options count when they are the object's own. Handlers, and what handlers return, may be instances of a class too:
// of these all counts but what the root of the prototypes has, which is Object.prototype in each realm.

/**
 * A copy of an object's own properties; it inherits nothing. Each getter is asked once.
 * @param handlerNames what is taken from the object's class too.
 */
export function ownOptions<T extends object>(given: T, handlerNames: readonly string[] = []): T {
  const own: Record<string, unknown> = Object.assign(Object.create(null), given)
  for (const name of handlerNames) {
    if (!(name in own) && hasMember(given, name)) own[name] = boundMember(given, name)
  }
  return own as T
}

/**
 * `given[name]`, if that is its own, for objects that are read too often to be copied. The caller reads the value: a property
 * that is read by a name that varies costs twice as much.
 */
export function ownOption<T extends object, V>(given: T, name: keyof T, value: V | undefined): V | undefined {
  return value === undefined || Object.hasOwn(given, name) ? value : undefined
}

/** A property of an object or of its class. */
export function memberOf(object: object, name: PropertyKey): unknown {
  return hasMember(object, name) ? (object as Record<PropertyKey, unknown>)[name] : undefined
}

function hasMember(object: object, name: PropertyKey): boolean {
  for (let at: object = object; ; ) {
    if (Object.hasOwn(at, name)) return true
    const above = Object.getPrototypeOf(at)
    if (above === null || Object.getPrototypeOf(above) === null) return false
    at = above
  }
}

/**
 * What handlers are called on: the object that was given, as `this` is in them; or, where Object.prototype has something by
 * the name of a handler, one that has the object's own handlers, bound to it, and inherits nothing.
 */
export function handlersOf<T extends object>(given: T, names: readonly string[]): T {
  if (names.every((name) => hasMember(given, name) || !(name in given))) return given
  const handlers: Record<string, unknown> = Object.create(null)
  for (const name of names) handlers[name] = boundMember(given, name)
  return handlers as T
}

function boundMember(object: object, name: string): unknown {
  const member = memberOf(object, name)
  return typeof member === 'function' ? member.bind(object) : member
}
