/** Signs that a terminal obeys, that are not seen, or that turn the text around them. */
export const unseen = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu

/** A text as a line for people may show it, with such signs spelled out. */
export const plain = (text: string): string =>
  text.replace(unseen, (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`)

/** The same for a text of several lines. */
export const plainLines = (text: string): string => text.split('\n').map(plain).join('\n')

/** A value as JSON for people and programs, with such signs escaped but for its own newlines; on one line without `indent`. */
export const jsonOf = (value: unknown, indent?: number): string =>
  `${JSON.stringify(value, null, indent).replace(unseen, (sign) => (sign === '\n' ? sign : escaped(sign)))}\n`

const escaped = (sign: string): string =>
  sign.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** A text without the byte order mark that some editors put before it. */
export const withoutBom = (text: string): string => text.replace(/^\ufeff/, '')

/** `1 app`, `2 apps`. */
export const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`
