import { styleText } from 'node:util'

/** A unified difference with colours, where they are wanted: `auto` only for a terminal, and never against NO_COLOR. */
export function paint(patch: string, when: 'auto' | 'always' | 'never', terminal: boolean): string {
  const wanted =
    when === 'always' || (when === 'auto' && terminal && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb')
  return wanted ? patch.split('\n').map(paintLine).join('\n') : patch
}

function paintLine(line: string): string {
  if (/^(---|\+\+\+) /.test(line)) return styleText('bold', line)
  if (line.startsWith('@@')) return styleText('cyan', line)
  if (line.startsWith('+')) return styleText('green', line)
  return line.startsWith('-') ? styleText('red', line) : line
}
