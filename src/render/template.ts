import { existsSync, statSync } from 'node:fs'
import nunjucks from 'nunjucks'
import { reasonOf, UpdaterError } from '../errors.js'
import { packagedTemplates } from '../packaged.js'
import { escapeRegex, literal, quote } from './quote.js'
import { templateError } from './template-error.js'
import { TemplateLoader } from './template-loader.js'
import type { View } from './view.js'

const main = 'haproxy.cfg.njk'

/** Gives the text that templates make of a view. */
export type RenderText = (view: View) => Promise<string>

/** Reads the templates in the first of these folders that has them. */
export type LoaderOf = (folders: string[]) => nunjucks.ILoader

/**
 * The templates, read once however often they render; files in `folder` replace packaged ones of the same name. What is given
 * rejects with `no-input` where the folder or a template is missing, `bad-setup` with file, line and column where one is in error (a
 * TemplateError).
 */
export function templatesIn(folder: string | undefined, loaderOf: LoaderOf = fromFiles): RenderText {
  let environment: nunjucks.Environment | undefined
  return async (view) => {
    const folders = folder === undefined ? [packagedTemplates] : [checked(folder), packagedTemplates]
    environment ??= environmentOf(loaderOf(folders))
    return renderIn(environment, view, folders)
  }
}

const fromFiles: LoaderOf = (folders) => new TemplateLoader(folders)

function environmentOf(loader: nunjucks.ILoader): nunjucks.Environment {
  const environment = new nunjucks.Environment(loader, {
    autoescape: false,
    throwOnUndefined: true,
    trimBlocks: true,
    lstripBlocks: true,
    // Only then its errors say where they are from, and not in words alone.
    dev: true,
  })
  for (const [name, filter] of Object.entries({ quote, literal, escapeRegex }))
    environment.addFilter(name, named(name, filter))
  return environment
}

/** A filter whose errors say which it was: nunjucks tells neither that nor where. */
function named(name: string, filter: (text: string) => string) {
  return (text: string): string => {
    try {
      return filter(text)
    } catch (error) {
      throw new Error(`filter ${name}: ${reasonOf(error)}`, { cause: error })
    }
  }
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
