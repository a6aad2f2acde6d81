import type nunjucks from 'nunjucks'
import type { Draft } from '../compose.js'
import { mapsLine } from '../render/maps.js'
import { templatesIn } from '../render/template.js'
import { TemplateLoader } from '../render/template-loader.js'
import { marked, originsIn } from './marks.js'

/** A line of a template: its path, number (from 1) and text. */
export interface TemplateLine {
  template: string
  line: number
  source: string
}

/** Reads templates with marks in them, and remembers in which order. */
class MarkingLoader extends TemplateLoader {
  readonly read: { path: string; lines: string[] }[] = []

  override getSource(name: string): nunjucks.LoaderSource {
    const found: nunjucks.LoaderSource | null = super.getSource(name)
    // nunjucks says so of a file that is not there, whatever its types say.
    if (!found) return found
    this.read.push({ path: found.path, lines: found.src.split('\n') })
    return { ...found, src: marked(found.src, this.read.length - 1) }
  }
}

/**
 * Gives the line of a template that each line (from 1) of a draft's text stems from, by rendering it once more with marks; undefined
 * for lines of which that cannot be told.
 */
export async function originsOf(
  { configuration, view }: Pick<Draft, 'configuration' | 'view'>,
  templates: string | undefined,
): Promise<(line: number) => TemplateLine | undefined> {
  let loader = new MarkingLoader([])
  const renderMarked = templatesIn(templates, (folders) => {
    loader = new MarkingLoader(folders)
    return loader
  })
  // Templates that look at what others have rendered may even fail for the marks.
  const text = await renderMarked(view()).catch(() => '')
  const origins = originsIn(text + mapsLine(configuration.maps), configuration.text)
  return (line) => {
    const origin = origins?.[line - 1]
    const file = origin && loader.read[origin.file]
    return file && { template: file.path, line: origin.line, source: file.lines[origin.line - 1] ?? '' }
  }
}
