const signs: Record<string, string> = {
  '\\': '\\e',
  '-': '\\-',
  "'": '\\(aq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
}

/** A text that roff shows as it is, sign by sign: nothing in it is an escape, a request, or something to be made prettier. */
export const plain = (text: string): string =>
  text
    .replace(/[\\'`^~-]/g, (sign) => signs[sign] ?? sign)
    .replace(/\P{ASCII}/gu, (sign) => `\\[u${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`)
    .replace(/^\./gm, '\\&.')

/** A text in bold, as what is typed as it stands. */
export const bold = (text: string): string => `\\fB${plain(text)}\\fR`

/** A text in italics, as what stands for something else. */
export const italic = (text: string): string => `\\fI${plain(text)}\\fR`

/** What is typed, where what stands for something else is in angle brackets, or in square ones if it may be left out. */
export const typed = (text: string): string =>
  text.replace(/<([^>]+)>|\[([^\]]+)\]|[^\s,<[]+/g, (part, name?: string, optional?: string) => {
    if (optional !== undefined) return `[${italic(optional)}]`
    return name === undefined ? bold(part) : italic(name)
  })

/** A section (`SH`) or a part of one (`SS`), with its title. */
export const section = (kind: 'SH' | 'SS', title: string, ...lines: string[]): string =>
  [`.${kind} ${plain(title)}`, ...lines].join('\n')

/** A term, already in roff, and what is to be said of it. */
export const item = (term: string, says: string): string => `.TP\n${term}\n${plain(says)}`

/** Lines that stay as they are, such as a crontab's. */
export const example = (text: string): string => `.PP\n.nf\n.RS\n${plain(text)}\n.RE\n.fi`
