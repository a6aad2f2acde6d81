import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import nunjucks from 'nunjucks'
import { reasonOf, UpdaterError } from '../errors.js'
import { packaged } from '../packaged.js'
import { escapeRegex, literal, quote } from './quote.js'
import type { View } from './view.js'

/** The folder of the packaged templates. */
export const packagedTemplates = packaged('templates')

const main = 'haproxy.cfg.njk'

/** Gives the text that templates make of a view. */
export type RenderText = (view: View) => Promise<string>

/**
 * The templates, read once however often they render; files in `folder` replace packaged ones of the same name. What is given
 * rejects with `no-input` where the folder or a template is missing, `bad-setup` with file and line where one is in error.
 */
export function templatesIn(folder: string | undefined): RenderText {
  let environment: nunjucks.Environment | undefined
  return async (view) => {
    const folders = folder === undefined ? [packagedTemplates] : [checked(folder), packagedTemplates]
    environment ??= environmentOf(folders)
    return renderIn(environment, view, folders)
  }
}

function environmentOf(folders: string[]): nunjucks.Environment {
  const environment = new nunjucks.Environment(new nunjucks.FileSystemLoader(folders), {
    autoescape: false,
    throwOnUndefined: true,
    trimBlocks: true,
    lstripBlocks: true,
  })
  for (const [name, filter] of Object.entries({ quote, literal, escapeRegex })) environment.addFilter(name, filter)
  return environment
}

function renderIn(environment: nunjucks.Environment, view: View, folders: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    // Only the callback is told of a syntax error in an included template; without one, it ends the process.
    environment.render(main, view, (error, text) => {
      if (error) reject(templateError(error, folders))
      else resolve(text?.endsWith('\n') ? text : `${text}\n`)
    })
  })
}

function checked(folder: string): string {
  if (existsSync(folder) && statSync(folder).isDirectory()) return folder
  throw new UpdaterError('no-input', `the template folder ${folder} is not there; check --templates`)
}

/** nunjucks names the file it was compiling and `[Line N, Column M]`, one pair for each level of include; the innermost is meant. */
function templateError(error: Error, folders: string[]): UpdaterError {
  const [header = '', ...rest] = splitLast(error.message)
  const last = rest.join('').trim()
  const reason = last.replace(/^(?:Template render error|\w*Error):\s*/, '') || reasonOf(error)
  const places = [...header.matchAll(/\(([^()\n]+)\)(?:\s+\[Line (\d+), Column (\d+)\])?/g)]
  const [, file = main, line] = places.at(-1) ?? []
  const path = folders.map((folder) => join(folder, file)).find(existsSync) ?? file
  // nunjucks counts lines from 0 where it passes on an error of JavaScript, and from 1 where the error is its own.
  const found = line ? Number(line) + (last === reason ? 0 : 1) : lineOf(reason, path)
  const exit = reason.startsWith('template not found') ? 'no-input' : 'bad-setup'
  const place = found ? `${path}:${found}` : path
  return new UpdaterError(exit, `${place}: ${reason}; mend the template, the live file stays as it is`, {
    cause: error,
  })
}

const splitLast = (message: string): string[] => {
  const at = message.lastIndexOf('\n')
  return [message.slice(0, Math.max(0, at)), message.slice(at + 1)]
}

/** The line of an error that nunjucks gives none for: where the missing filter is used, or the end for what is not closed. */
function lineOf(reason: string, path: string): number | undefined {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : []
  const filter = /^filter not found: (\w+)/.exec(reason)?.[1]
  if (filter) return lines.findIndex((line) => new RegExp(`\\|\\s*${filter}\\b`).test(line)) + 1 || undefined
  return /end of file|^expected (variable|block) end/.test(reason) ? lines.length : undefined
}
