import { existsSync, readdirSync, statSync } from 'node:fs'
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
  const environment = new nunjucks.Environment(new nunjucks.FileSystemLoader(folders), {
    autoescape: false,
    throwOnUndefined: true,
    trimBlocks: true,
    lstripBlocks: true,
  })
  environment.addFilter('quote', quote)
  try {
    // A syntax error in an included template would be lost: render() gives null then. So all are compiled first.
    for (const name of templatesIn(folders)) environment.getTemplate(name, true)
    const text = environment.render(main, view)
    return text.endsWith('\n') ? text : `${text}\n`
  } catch (error) {
    throw templateError(error instanceof Error ? error : new Error(String(error)), folders)
  }
}

const templatesIn = (folders: string[]): string[] =>
  folders.flatMap((folder) => readdirSync(folder).filter((name) => name.endsWith('.njk')))

function checked(folder: string): string {
  if (existsSync(folder) && statSync(folder).isDirectory()) return folder
  throw new UpdaterError('no-input', `the template folder ${folder} is not there; check --templates`)
}

/** nunjucks names the file it was compiling and `[Line N, Column M]`, one pair for each level of include; the innermost is meant. */
function templateError(error: Error, folders: string[]): UpdaterError {
  const places = [...error.message.matchAll(/\(([^()\n]+\.njk)\)(?:\s+\[Line (\d+), Column (\d+)\])?/g)]
  const [, file = main, line, column] = places.find((place) => place[2]) ?? places.at(-1) ?? []
  const path = folders.map((folder) => join(folder, file)).find(existsSync) ?? file
  const last = error.message.split('\n').at(-1)?.trim() ?? ''
  const reason = last.replace(/^(?:Template render error|\w*Error):\s*/, '') || reasonOf(error)
  // nunjucks counts lines from 0 where it passes on an error of JavaScript, and from 1 where the error is its own.
  const first = last === reason ? 0 : 1
  const place = line ? `${path}:${Number(line) + first}:${Number(column) + first}` : path
  const exit = reason.startsWith('template not found') ? 'no-input' : 'bad-setup'
  return new UpdaterError(exit, `${place}: ${reason}; mend the template, the live file stays as it is`, {
    cause: error,
  })
}
