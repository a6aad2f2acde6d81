import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { packagedTemplates } from '../../src/packaged.js'
import { templatesIn } from '../../src/render/template.js'
import { TemplateError } from '../../src/render/template-error.js'
import { type View, viewOf } from '../../src/render/view.js'
import { makeFile, makeFolder } from '../support/folder.js'

const frontends = { address: '*', http: 80, https: undefined, stats: undefined, appId: undefined, certificates: [] }
const paths = {
  liveFile: '/etc/haproxy.cfg',
  templates: '/etc/templates',
  statsSocket: '/run/a.sock',
  hostsMap: undefined,
  pathsMap: undefined,
  appsMap: undefined,
  pathBytes: 0,
}
const view = viewOf([], frontends, paths, true)

const renderTemplates = (given: View, folder: string | undefined) => templatesIn(folder)(given)

/** A folder with these templates in it. */
function folderWith(t: TestContext, templates: Record<string, string>): string {
  const folder = makeFolder(t)
  for (const [name, text] of Object.entries(templates)) makeFile(folder, name, text)
  return folder
}

describe('the templates', () => {
  it('of a folder replace those of the same name, one by one', async (t) => {
    const packaged = await renderTemplates(view, undefined)
    assert.match(packaged, /^defaults$/m)
    const text = await renderTemplates(
      view,
      folderWith(t, { 'defaults.cfg.njk': 'defaults mine\n', 'other.njk': 'never seen' }),
    )
    const [before = '', rest = ''] = text.split('defaults mine\n')
    assert.ok(packaged.startsWith(before) && packaged.endsWith(rest) && rest !== '')
    assert.doesNotMatch(text, /^defaults$|never seen/m)
  })

  it('may include others, of the folder and packaged', async (t) => {
    const text = await renderTemplates(
      view,
      folderWith(t, {
        'haproxy.cfg.njk': '{% include "mine.njk" %}{% include "stats.cfg.njk" %}end',
        'mine.njk': '{% if statsSocket %}\nsocket {{ statsSocket }}\n{% endif %}\n{{ frontends.bind.http }}\n',
      }),
    )
    assert.equal(text, 'socket /run/a.sock\n*:80\nend\n', 'tags leave no lines, and the last line has its end')
  })

  it('put texts into the configuration as they are, or quoted where they say so', async (t) => {
    const odd = { ...view, liveFile: `<a & 'b'>` }
    const main = { 'haproxy.cfg.njk': '{{ liveFile }} {{ liveFile | quote }}' }
    assert.equal(await renderTemplates(odd, folderWith(t, main)), `<a & 'b'> '<a & '\\''b'\\''>'\n`)
  })

  it('put texts into a log-format or a regular expression literally where they say so', async (t) => {
    const odd = { ...view, liveFile: "/50%'.cfg" }
    const main = { 'haproxy.cfg.njk': '{{ liveFile | literal | quote }} {{ liveFile | escapeRegex | quote }}' }
    assert.equal(await renderTemplates(odd, folderWith(t, main)), `'/50%%'\\''.cfg' '/50%'\\''\\.cfg'\n`)
  })

  it('are read once for all that is rendered with them, and again by the next run', async (t) => {
    const folder = folderWith(t, { 'haproxy.cfg.njk': 'one' })
    const renderText = templatesIn(folder)
    assert.equal(await renderText(view), 'one\n')
    makeFile(folder, 'haproxy.cfg.njk', 'two')
    assert.equal(await renderText(view), 'one\n')
    assert.equal(await renderTemplates(view, folder), 'two\n')
  })
})

const name = 'global.cfg.njk'

describe('a template in error', () => {
  const faults: Record<string, [template: string, place: string, reason: RegExp]> = {
    'with a value that is not there': ['global\n\n  a {{ nope }}\n', ':3:5:', /undefined/],
    'with a value of something that is not there': ['global\n  a {{ nope.nope }}\n', ':2:5:', /undefined/],
    'with a value that is not there, quoted': ['global\n  a {{ nope | quote }}\n', ':2:5:', /undefined/],
    'with such a value in a loop': ['global\n{% for x in [1, 2] %}\n  {{ y }}\n{% endfor %}\n', ':3:3:', /undefined/],
    'with such a value in a macro': ['{% macro m() %}\n{{ y }}\n{% endmacro %}\n\n{{ m() }}\n', ':2:1:', /undefined/],
    'with a call of what is no function': ['global\n{{ nope() }}\n', ':2:8:', /Unable to call `nope`/],
    'with such a call in its first line': ['{{ nope() }}\n', ':1:8:', /Unable to call `nope`/],
    'with a call that fails': ['global\n{{ "a".repeat(0 - 1) }}\n', ':2:14:', /Invalid count value/],
    'with a filter that is not there': ['{{ "nope" }}\n{{ "a" | nope }}\n', ':2:10:', /filter not found: nope/],
    'with a block of such a filter': ['global\n{% filter nope %}{% endfilter %}\n', ':2:11:', /filter not found/],
    'with a test that is not there': ['global\n{{ 1 if 1 is not nope }}\n', ':2:18:', /test not found: nope/],
    'with a text that cannot be quoted': [
      'global {{ range(2) }}\n{{ "a" | literal }}{{ "a\\nb" | quote }}\n',
      ':2:32:',
      /^filter quote: a text with control characters/,
    ],
    'with such a text in a macro': [
      '{% macro m() %}{{ range(2) }}\n{{ "a\\nb" | quote }}{% endmacro %}\n{{ m() }}\n',
      ':2:13:',
      /^filter quote: /,
    ],
    'with a filter that fails and stands there twice': [
      '{% macro m() %}{{ "a" | quote }}{{ "a\\nb" | quote }}{% endmacro %}\n{{ m() }}\n',
      ': ',
      /^filter quote: /,
    ],
    'with a tag that is none': ['global\n\n  {% nope %}\n', ':3:6:', /unknown block tag: nope/],
    'with a block that is not closed': [
      '{# {% if #}{% if 1 %}{% endif %}\n  {% if statsSocket %}\n{% set a = 1 %}{% raw %}{% if %}{% endraw %}{% if 1 %}{% endif %}\n',
      ':2:3:',
      /end of file/,
    ],
    'with a loop that is not closed': ['global\n{% for a in [] %}\n{{ "{% if %}" }}\n', ':2:1:', /end of file/],
    'with a block that is closed by another': ['{% if 1 %}\n{% for a in [] %}\n{% endif %}\n', ':3:4:', /endif/],
    'with a tag that is not closed': ['global {% if 1 %}{% endif %}\n {% if 1 \n', ':2:2:', /expected block end/],
    'with a variable that is not closed': ['global {{ 1 }}\n {{ "}} \n', ':2:2:', /expected variable end/],
    'with a comment that is not closed': ['global {# #}\n {# {{ \n', ':2:2:', /expected end of comment/],
    'with the end of a comment only': ['{# #} global\n #}\n', ':2:2:', /unexpected end of comment/],
    'with a condition that is none': ['global\n{% if %}\n{% endif %}\n', ':2:7:', /unexpected token/],
  }
  for (const [fault, [template, place, reason]] of Object.entries(faults)) {
    it(`${fault} is named with its place`, async (t) => {
      const folder = folderWith(t, { [name]: template })
      await assert.rejects(
        () => renderTemplates(view, folder),
        (error) => {
          assert.ok(error instanceof TemplateError)
          assert.equal(error.exit, 'bad-setup')
          assert.ok(error.message.startsWith(`${folder}/${name}${place}`), error.message)
          assert.match(error.reason, reason)
          const { line, source } = error.place
          assert.equal(source, line && template.split('\n')[line - 1])
          return !error.message.includes('\n')
        },
      )
    })
  }

  it('is named where it is the main one', async (t) => {
    const folder = folderWith(t, { 'haproxy.cfg.njk': 'a\n{{ nope }}\n' })
    await assert.rejects(() => renderTemplates(view, folder), {
      exit: 'bad-setup',
      message: new RegExp(`^${folder}/haproxy.cfg.njk:2:1: `),
    })
  })

  it('that others include is named, not they, and its place in a folder of any name', async (t) => {
    const folder = makeFile(folderWith(t, {}), 'a (b)/own.njk', 'a\n  {{ nope }}\n').replace('/own.njk', '')
    makeFile(folder, name, '\n{% for x in [1] %}\n {% include "own.njk" %}\n{% endfor %}\n')
    await assert.rejects(
      () => renderTemplates(view, folder),
      ({ message }: Error) => message.startsWith(`${folder}/own.njk:2:3: `),
    )
  })

  it('that others import is told without a place that it cannot have', async (t) => {
    const folder = folderWith(t, { [name]: '{% import "own.njk" as x %}\n\nb\n', 'own.njk': 'a\n\n  {{ nope }}\n' })
    await assert.rejects(
      () => renderTemplates(view, folder),
      ({ message }: Error) => message.startsWith(`${folder}/${name}: attempted to output null or undefined value;`),
    )
  })

  it('that includes one which is nowhere is named', async (t) => {
    const folder = folderWith(t, { [name]: 'global\n  {% include "nope.njk" %}\n' })
    await assert.rejects(() => renderTemplates(view, folder), {
      exit: 'no-input',
      message: new RegExp(`^${folder}/${name}:2:3: template not found: nope\\.njk`),
    })
  })
})

describe('a template that cannot be read', () => {
  it('is named itself, whether others include it or it is the main one', async (t) => {
    for (const own of [name, 'haproxy.cfg.njk']) {
      const folder = folderWith(t, { [`${own}/x`]: '' })
      const message = new RegExp(`^${folder}/${own}: cannot be read: EISDIR`)
      await assert.rejects(() => renderTemplates(view, folder), { exit: 'no-input', message })
    }
  })
})

describe('a folder of templates', () => {
  it('must be there and be a folder', async (t) => {
    const file = makeFile(makeFolder(t), 'file')
    for (const folder of [file, `${file}-not`]) {
      await assert.rejects(() => renderTemplates(view, folder), {
        exit: 'no-input',
        message: `the template folder ${folder} is not there; check --templates`,
      })
    }
    assert.match(packagedTemplates, /\/templates$/)
  })
})
