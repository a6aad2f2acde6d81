import { styleText } from 'node:util'

/** The colours and weights that a text may have. */
export type Style = 'bold' | 'cyan' | 'green' | 'red' | 'yellow'

/** Gives a text a style, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string

/** How texts are painted: where colours are wanted, `auto` only for a terminal, and never against NO_COLOR. */
export function painter(when: 'auto' | 'always' | 'never', terminal: boolean): Paint {
  const wanted =
    when === 'always' || (when === 'auto' && terminal && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb')
  // Left to judge the stream itself, styleText would take colours away that --color always asks for.
  return (style, text) => (wanted ? styleText(style, text, { validateStream: false }) : text)
}

/** A unified difference with colours, where they are wanted. */
export function paint(patch: string, when: 'auto' | 'always' | 'never', terminal: boolean): string {
  const painted = painter(when, terminal)
  return patch
    .split('\n')
    .map((line) => paintLine(line, painted))
    .join('\n')
}

function paintLine(line: string, painted: Paint): string {
  if (/^(---|\+\+\+) /.test(line)) return painted('bold', line)
  if (line.startsWith('@@')) return painted('cyan', line)
  if (line.startsWith('+')) return painted('green', line)
  return line.startsWith('-') ? painted('red', line) : line
}
