import { UpdaterError } from './errors.js'

/** What the JSON in the text of a file says. Throws `bad-setup` with file and line where it is none. */
export function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    // V8 quotes what stands around an unexpected token, line breaks and all.
    const reason = messageOf(error).replace(/, (\.\.\.)?".*"(\.\.\.)? is not valid JSON$/s, '')
    throw new UpdaterError('bad-setup', `${file}:${lineOfFault(text)}: not valid JSON: ${reason}`, { cause: error })
  }
}

/**
 * The line (from 1) of a text at which it stops being JSON. V8 gives no position for an unexpected token, but names the same one as soon
 * as its line is there.
 */
function lineOfFault(text: string): number {
  const whole = text.trimEnd()
  const position = /position (\d+)/.exec(faultIn(whole))?.[1]
  if (position !== undefined) return whole.slice(0, Number(position)).split('\n').length
  const lines = whole.split('\n')
  const at = lines.findIndex((_, last) => faultIn(lines.slice(0, last + 1).join('\n')).startsWith('Unexpected token'))
  return at < 0 ? lines.length : at + 1
}

function faultIn(text: string): string {
  try {
    JSON.parse(text)
    return ''
  } catch (error) {
    return messageOf(error)
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
