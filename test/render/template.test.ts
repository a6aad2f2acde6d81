import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { packagedTemplates, templatesIn } from '../../src/render/template.js'
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

describe('a template in error', () => {
  const name = 'global.cfg.njk'
  const faults: Record<string, [template: string, place: string, reason: RegExp]> = {
    'with a value that is not there': ['global\n\n  a {{ nope }}\n', ':3:', /undefined/],
    'with a value of something that is not there': ['global\n  a {{ nope.nope }}\n', ':2:', /undefined/],
    'with a value that is not there, quoted': ['global\n  a {{ nope | quote }}\n', ':2:', /undefined/],
    'with such a value in a loop': ['global\n{% for x in [1, 2] %}\n  {{ y }}\n{% endfor %}\n', ':3:', /undefined/],
    'with a call of what is no function': ['global\n{{ nope() }}\n', ':2:', /Unable to call `nope`/],
    'with a filter that is not there': ['global\n{{ "a" | nope }}\n', ':', /filter not found: nope/],
    'with a text that cannot be quoted': ['global\n{{ "a\\nb" | quote }}\n', ':', /control characters/],
    'with a tag that is none': ['global\n\n{% nope %}\n', ':3:', /unknown block tag: nope/],
    'with a tag that is not closed': ['global\n{% if statsSocket %}\n', ':', /./],
    'with a condition that is none': ['global\n{% if %}\n{% endif %}\n', ':2:', /unexpected token/],
  }
  for (const [fault, [template, place, reason]] of Object.entries(faults)) {
    it(`${fault} is named with its line`, async (t) => {
      const folder = folderWith(t, { [name]: template })
      await assert.rejects(
        () => renderTemplates(view, folder),
        ({ exit, message }: Error & { exit: string }) => {
          assert.equal(exit, 'bad-setup')
          assert.ok(message.startsWith(`${folder}/${name}${place}`), message)
          assert.match(message, reason)
          return !message.includes('\n')
        },
      )
    })
  }

  it('is named where it is the main one', async (t) => {
    const folder = folderWith(t, { 'haproxy.cfg.njk': 'a\n{{ nope }}\n' })
    await assert.rejects(() => renderTemplates(view, folder), {
      exit: 'bad-setup',
      message: new RegExp(`^${folder}/haproxy.cfg.njk:2:`),
    })
  })

  it('that includes one which is nowhere is named', async (t) => {
    const folder = folderWith(t, { [name]: 'global\n{% include "nope.njk" %}\n' })
    await assert.rejects(() => renderTemplates(view, folder), {
      exit: 'no-input',
      message: new RegExp(`^${folder}/${name}.*template not found: nope\\.njk`),
    })
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
