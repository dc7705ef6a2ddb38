// Puts generated text into a page of documentation, between the comments that mark its place.

/**
 * @param {string} page
 * @param {string} name Of the place: from `<!-- name: … -->` to `<!-- /name -->`.
 * @param {string} text
 * @throws {Error} when the page has no such place.
 */
export function fillIn(page, name, text) {
  const place = new RegExp(`(<!-- ${name}: [^>]*-->\n)[^]*?(<!-- /${name} -->)`)
  if (!place.test(page)) throw new Error(`the page has no place named '${name}'`)
  return page.replace(place, (_, start, end) => `${start}\n${text}\n${end}`)
}
