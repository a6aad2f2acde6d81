import { existsSync } from 'node:fs'
import { join } from 'node:path'
import nunjucks from 'nunjucks'
import { reasonOf } from '../errors.js'
import { TemplateError } from './template-error.js'

/** What templates said when they were read, by name; undefined for those that were asked for and are not there. */
export type Sources = Map<string, string | undefined>

/**
 * Reads templates from the first of its folders that has them, and notes in `read` what each name stands for. Throws a TemplateError for
 * one that cannot be read, such as a folder.
 */
export class TemplateLoader extends nunjucks.FileSystemLoader {
  readonly #folders: string[]
  readonly #read: Sources

  constructor(folders: string[], read: Sources = new Map()) {
    super(folders)
    this.#folders = folders
    this.#read = read
  }

  override getSource(name: string): nunjucks.LoaderSource {
    try {
      // Where a template is in no folder, nunjucks gives null, whatever its types say.
      const source: nunjucks.LoaderSource | null = super.getSource(name)
      this.#read.set(name, source?.src)
      return source as nunjucks.LoaderSource
    } catch (error) {
      const template = this.#folders.map((folder) => join(folder, name)).find(existsSync) ?? name
      const place = { template, line: undefined, column: undefined, source: undefined }
      throw new TemplateError(place, `cannot be read: ${reasonOf(error)}`, error)
    }
  }
}
