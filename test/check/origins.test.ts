import assert from 'node:assert/strict'
import { basename } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { marked, originsIn, unmarked } from '../../src/check/marks.js'
import { originsOf } from '../../src/check/origins.js'
import { stamp } from '../../src/render/marker.js'
import { templatesIn } from '../../src/render/template.js'
import { viewOf } from '../../src/render/view.js'
import { makeFile, makeFolder } from '../support/folder.js'

const frontends = { address: '*', http: 80, https: undefined, stats: undefined, appId: undefined, certificates: [] }
const maps = { hostsMap: undefined, pathsMap: undefined, appsMap: undefined, pathBytes: 0 }
const view = viewOf([], frontends, { liveFile: '/a', templates: '/t', statsSocket: '/s', ...maps }, true)

/** The lines that these templates render, each with where it stems from. */
async function linesOf(t: TestContext, templates: Record<string, string>): Promise<[line: string, origin: string][]> {
  const folder = makeFolder(t)
  for (const [name, text] of Object.entries(templates)) makeFile(folder, name, text)
  const text = stamp(await templatesIn(folder)(view))
  const originOf = await originsOf({ configuration: { text, marker: '', maps: [] }, view: () => view }, folder)
  return text.split('\n').map((line, at) => {
    const origin = originOf(at + 1)
    if (origin) assert.equal(origin.source, templates[basename(origin.template)]?.split('\n')[origin.line - 1])
    return [line, origin ? `${basename(origin.template)}:${origin.line}` : '']
  })
}

/** What a line says of its own origin, by the comment at its end; a filter may have raised its letters. */
const said = (line: string): string => /# (\S+)$/.exec(line)?.[1]?.toLowerCase() ?? ''

const main = `# main:1
{% macro greet(name) -%}
   hello {{ name }} # main:3
{% endmacro %}
{% include "own" %}

global # main:7
  {{ liveFile }} # main:8
{% if statsSocket %}
  a {% if 0 %}no{% endif %} # main:10
	{% endif %}
{% for x in [1, 2] %}
  word{% for y in [x, x] %} {{ y }}{% endfor %} # main:13

  {{ greet(x) }}
{% endfor %}
{#- a comment
of two lines -#}
   trimmed {{- ' ' -}} # main:19
{{ "a
b" }} # main:20
{%- set words = ['x'] %}
{{ words | join }} # main:23
`
const own = `{{ "in" }} another {# not {{ this }} #} # own:1
{% set later %}
  {{ liveFile }} # own:3
{% endset %}
{{ later | upper }}{{ "" }}
last # own:6`

describe('the origin of a rendered line', () => {
  it('is the line of the template that put its first sign there', async (t) => {
    const lines = await linesOf(t, { 'haproxy.cfg.njk': main.replaceAll('main:', 'haproxy.cfg.njk:'), own })
    const telling = lines.filter(([line]) => said(line) !== '' && !line.startsWith('b '))
    assert.ok(telling.length >= 12)
    for (const [line, origin] of telling) assert.equal(origin, said(line), line)
    const [, added] = lines.find(([line]) => line.includes('description')) ?? []
    assert.equal(added, '', 'the marker is of no template')
  })

  it('is known where the marker brings a section of its own', async (t) => {
    const lines = await linesOf(t, { 'haproxy.cfg.njk': 'defaults\n\n  log global\n' })
    assert.deepEqual(
      lines.filter(([line]) => line !== '').map(([, origin]) => origin),
      ['', '', 'haproxy.cfg.njk:1', 'haproxy.cfg.njk:3'],
    )
  })

  /** The lines that are of a template, by its line. */
  const knownIn = async (t: TestContext, template: string) =>
    (await linesOf(t, { 'haproxy.cfg.njk': template }))
      .filter(([, origin]) => origin !== '')
      .map(([line, origin]) => [line, Number(/\d+$/.exec(origin)?.[0])])

  it('is known for the text of raw blocks, but for the line with their end', async (t) => {
    const known = await knownIn(
      t,
      'a\n{% raw %}\n  b {{ c }}\n\nd\ne {% endraw %}\nf\n{% verbatim -%} g\n{% endverbatim %}',
    )
    assert.deepEqual(known, [
      ['a', 1],
      ['  b {{ c }}', 3],
      ['d', 5],
      ['f', 7],
      [' g', 8],
    ])
  })

  it('is unknown for a line in which a template looks at what another has rendered', async (t) => {
    const set = '{% set a %}\nx\n{% endset %}\n'
    assert.deepEqual(await knownIn(t, `${set}global # 4\n\n{{ a | length }}\nb\n`), [
      ['global # 4', 4],
      ['b', 7],
    ])
    for (const rest of ['{{ "".nope() if a | length > 2 else "b" }}\n', '{% if a | length > 2 %}\nb\n{% endif %}\n'])
      assert.deepEqual(await knownIn(t, `c\n${set}${rest}`), [], rest)
  })
})

describe('the marks of a template', () => {
  it('take nothing from it and leave each line where it was', () => {
    const source = main + own
    assert.equal(unmarked(marked(source, 7)), source)
    assert.ok(marked(source, 7).length > source.length)
  })

  it('are in the way of no blank that a tag takes away', () => {
    assert.equal(marked('  {% if a %}\n{{- b }}\n \n', 0), '  {% if a %}\n{{- b }}\n \n')
  })

  it('lead nowhere in another text, or one that has lost lines', () => {
    const text = marked('global\na\nb\n', 0)
    const marker = `  description haproxy-updater sha256:${'0'.repeat(64)}`
    assert.deepEqual(
      originsIn(text, `global\n${marker}\nc\nb\n`)?.map((origin) => origin?.line),
      [1, undefined, undefined, 3, undefined],
    )
    for (const other of ['a\n', `global\n${marker}\nb\n`, `global\n${marker}\na\nb\ny\n`, ''])
      assert.equal(originsIn(text, other), undefined, other)
  })
})
