const text = String.raw`"(?:\\[^]|[^"\\])*"|'(?:\\[^]|[^'\\])*'`

/** The tags of a template as nunjucks reads them: comments, raw blocks as a whole, blocks and variables. */
export const tags = new RegExp(
  [
    String.raw`\{#[^]*?#\}`,
    String.raw`\{%-?\s*(raw|verbatim)\s*-?%\}[^]*?\{%-?\s*end\1\s*-?%\}`,
    String.raw`\{%(?:${text}|[^"'])*?%\}`,
    String.raw`\{\{(?:${text}|[^"'])*?\}\}`,
  ].join('|'),
  'g',
)

/** The text of a template with blanks for its tags, so that what is left stands where it stood. */
export const withoutTags = (source: string): string => source.replace(tags, (tag) => tag.replace(/[^\n]/g, ' '))

const blocks = ['if', 'ifAsync', 'for', 'asyncEach', 'asyncAll', 'switch', 'block', 'macro', 'call', 'filter']

/** Where the innermost block begins that has no end; undefined where all have one. */
export function unclosedBlock(source: string): number | undefined {
  const open: number[] = []
  for (const { 0: tag, index } of source.matchAll(tags)) {
    const word = /^\{%-?\s*(\w+)/.exec(tag)?.[1] ?? ''
    // A set has a block only where it does not say its value itself.
    if (blocks.includes(word) || (word === 'set' && !tag.includes('='))) open.push(index)
    else if (word.startsWith('end')) open.pop()
  }
  return open.at(-1)
}
