// Writes SVG elements as text, so that plots need no browser.

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {...string} children Elements, or text that `escapeText` has seen.
 */
export function element(name, attributes, ...children) {
  const start = [name, ...Object.entries(attributes).map(([key, value]) => `${key}="${attribute(value)}"`)].join(' ')
  return children.length === 0 ? `<${start}/>` : `<${start}>${children.join('')}</${name}>`
}

/** @param {string} text */
export function escapeText(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

/** A hundredth of a pixel is more than anybody sees. @param {string | number} value */
function attribute(value) {
  return typeof value === 'number' ? String(Math.round(value * 100) / 100) : escapeText(value).replaceAll('"', '&quot;')
}
