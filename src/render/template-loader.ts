import { existsSync } from 'node:fs'
import { join } from 'node:path'
import nunjucks from 'nunjucks'
import { reasonOf } from '../errors.js'
import { TemplateError } from './template-error.js'

/**
 * Reads templates from the first of its folders that has them, and notes in `asked` which names were asked for. Throws a TemplateError
 * for one that cannot be read, such as a folder.
 */
export class TemplateLoader extends nunjucks.FileSystemLoader {
  readonly #folders: string[]
  readonly #asked: Set<string>

  constructor(folders: string[], asked = new Set<string>()) {
    super(folders)
    this.#folders = folders
    this.#asked = asked
  }

  override getSource(name: string): nunjucks.LoaderSource {
    this.#asked.add(name)
    try {
      return super.getSource(name)
    } catch (error) {
      const template = this.#folders.map((folder) => join(folder, name)).find(existsSync) ?? name
      const place = { template, line: undefined, column: undefined, source: undefined }
      throw new TemplateError(place, `cannot be read: ${reasonOf(error)}`, error)
    }
  }
}
