import { createHash } from 'node:crypto'
import { UpdaterError } from '../errors.js'
import { globalLinesIn } from '../haproxy/config-text.js'

const inText = /^[ \t]*description (haproxy-updater sha256:[0-9a-f]{64})$/m
const alone = /^haproxy-updater sha256:[0-9a-f]{64}$/

/**
 * The text with its identity in it: `description haproxy-updater sha256:<hash of the rest>` after the first `global` line, or in
 * a `global` section of its own. The running HAProxy returns that line in `show info`, on every version from 1.5 on.
 * Throws `bad-setup` where `global` has a description already: the last one would win and hide ours.
 */
export function stamp(text: string): string {
  const own = globalLinesIn(text).find((line) => /^description(\s|$)/.test(line))
  if (own) {
    throw new UpdaterError(
      'bad-setup',
      `the rendered global section says "${own}", but that is where the proof of a reload stands; remove that line from your template`,
    )
  }
  const line = `  description haproxy-updater sha256:${sha256(text)}\n`
  const global = /^global[ \t]*(?:#.*)?\n/m.exec(text)
  if (!global) return `global\n${line}\n${text}`
  const end = global.index + global[0].length
  return text.slice(0, end) + line + text.slice(end)
}

/** The marker in a configuration text, or as the whole of HAProxy's description of itself; undefined where there is none. */
export function markerIn(text: string): string | undefined {
  return alone.test(text) ? text : inText.exec(text)?.[1]
}

/** Whether a stamped text is as it was when it was stamped, with no edit since. */
export function isGenuine(text: string): boolean {
  const marker = markerIn(text)
  if (marker === undefined) return false
  const line = `  description ${marker}\n`
  const rest = text.startsWith(`global\n${line}\n`) ? text.slice(`global\n${line}\n`.length) : text.replace(line, '')
  return [rest, text.replace(line, '')].some((original) => marker.endsWith(sha256(original)))
}

/** The sha256 of a text, in hex. (Beyond some megabytes, Node takes far longer for a string.) */
export function sha256(text: string): string {
  return createHash('sha256').update(Buffer.from(text)).digest('hex')
}
