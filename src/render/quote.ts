/**
 * A text as one word of haproxy.cfg: in single quotes, where nothing is special (facts measured on HAProxy 1.6 to 3.2); a quote
 * inside is written '\''. Throws a RangeError for control characters: a line ends at a line break even inside quotes.
 */
export function quote(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must never reach the text
  if (/[\u0000-\u001f\u007f]/.test(text))
    throw new RangeError('a text with control characters cannot be quoted for HAProxy')
  if (/^[A-Za-z0-9_./:@=,+-]+$/.test(text)) return text
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** A text inside a log-format of HAProxy, where `%` would begin a variable. */
export function literal(text: string): string {
  return text.replaceAll('%', '%%')
}

/** A text inside a regular expression. */
export function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
