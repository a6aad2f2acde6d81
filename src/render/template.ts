import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import nunjucks from 'nunjucks'
import { reasonOf, UpdaterError } from '../errors.js'
import { quote } from './quote.js'
import type { View } from './view.js'

/** The folder of the packaged templates. */
export const packagedTemplates = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'templates')

const main = 'haproxy.cfg.njk'

/**
 * The text that the templates give for a view; files in `folder` replace packaged ones of the same name.
 * Throws `no-input` where the folder is missing, `bad-setup` with file and line where a template is in error.
 */
export function renderTemplates(view: View, folder: string | undefined): string {
  const folders = folder === undefined ? [packagedTemplates] : [checked(folder), packagedTemplates]
  const loader = new nunjucks.FileSystemLoader(folders, { noCache: true })
  const environment = new nunjucks.Environment(loader, {
    autoescape: false,
    throwOnUndefined: true,
    trimBlocks: true,
    lstripBlocks: true,
  })
  environment.addFilter('quote', quote)
  try {
    const text = environment.render(main, view)
    return text.endsWith('\n') ? text : `${text}\n`
  } catch (error) {
    throw templateError(error, folders)
  }
}

function checked(folder: string): string {
  if (existsSync(folder) && statSync(folder).isDirectory()) return folder
  throw new UpdaterError('no-input', `the template folder ${folder} is not there; check --templates`)
}

/** nunjucks names the file it was compiling and `[Line N, Column M]`, one pair for each level of include; the innermost is meant. */
function templateError(error: unknown, folders: string[]): UpdaterError {
  const message = error instanceof Error ? error.message : String(error)
  const places = [...message.matchAll(/\(([^()\n]+\.njk)\)(?:\s+\[Line (\d+), Column (\d+)\])?/g)]
  const [, file = main, line, column] = places.find((place) => place[2]) ?? places.at(-1) ?? []
  const path = folders.map((folder) => join(folder, file)).find(existsSync) ?? file
  const reason =
    message
      .split('\n')
      .at(-1)
      ?.trim()
      .replace(/^(Template render error|Error):\s*/, '') || reasonOf(error)
  const exit = reason.startsWith('template not found') ? 'no-input' : 'bad-setup'
  const place = line ? `${path}:${line}:${column}` : path
  return new UpdaterError(exit, `${place}: ${reason}; mend the template, the live file stays as it is`, {
    cause: error,
  })
}
