import { shorten } from './layout.js'

/** Signs that a terminal obeys, that are not seen, or that turn the text around them. */
const unseen = /[\p{Cc}\p{Cf}\u2028\u2029]/gu

/** A text as a line at a terminal may show it, with such signs spelled out. */
export const plain = (text: string): string =>
  text.replace(unseen, (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`)

/** The id of a task in such a line, of a bearable length. */
export const taskName = (id: string): string => shorten(plain(id), 120)

/** A value as JSON for people and programs, with such signs escaped but for its own newlines. */
export const jsonOf = (value: unknown): string =>
  `${JSON.stringify(value, null, 2).replace(unseen, (sign) => (sign === '\n' ? sign : escaped(sign)))}\n`

const escaped = (sign: string): string =>
  sign.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
