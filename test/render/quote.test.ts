import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { after, describe, it } from 'node:test'
import { quote } from '../../src/render/quote.js'
import { startHaproxy, stopAll } from '../support/haproxy.js'
import { randomFrom } from '../support/random.js'
import { bootConfig, createSite } from '../support/site.js'

const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index))

const hostile = [
  ...[
    "a'b c'd",
    "'",
    "''",
    "\\'",
    "'\\''",
    "it's $HOME",
    "x' if FALSE # '",
    '"',
    '"$HOME"',
    '$'.concat('{HOME}'),
    '$HOME',
    '`id`',
  ],
  ...[
    'a#b',
    '# all',
    'a b',
    ' a ',
    '  ',
    '\\',
    '\\\\',
    'a\\',
    '\\n',
    '\\x41',
    '\\ ',
    'a\\ b',
    '%[env(HOME)]',
    '50%',
    '%%',
  ],
  ...['-f', '--', '{ always_true }', 'if', 'é ü 漢字 🚀', '\u2028', 'a,b', '/health?a=1&b=2', '~^[a-z]+$', '(x)', '!x'],
]

function randomTexts(): string[] {
  const random = randomFrom(7)
  const letters = `'"\\$#%{}[] ;ab-`
  const letter = () => letters[random(letters.length)] ?? ''
  return Array.from({ length: 200 }, () => Array.from({ length: 1 + random(9) }, letter).join(''))
}

describe('a quoted text', () => {
  after(stopAll)

  it('is read by HAProxy as the text it was', async (t) => {
    const texts = [...printable, ...hostile, ...randomTexts()]
    const site = await createSite()
    t.after(() => site.remove())
    const answers = texts.map(
      (text, index) =>
        `  http-request return status 200 content-type text/plain string ${quote(text)} if { path /${index} }\n`,
    )
    writeFileSync(
      site.live,
      bootConfig(site).replace(/^ {2}http-request .*\n/m, () => answers.join('')),
    )
    await startHaproxy(site.live, site)
    for (const [index, text] of texts.entries()) {
      assert.equal(await (await fetch(`http://127.0.0.1:${site.statsPort}/${index}`)).text(), text)
    }
  })

  it('is refused where it holds what would end its line', () => {
    const codes = [...Array.from({ length: 32 }, (_, code) => code), 127]
    for (const control of codes.map((code) => String.fromCharCode(code))) {
      assert.throws(() => quote(`a${control}b`), RangeError, JSON.stringify(control))
    }
  })

  it('stays bare where nothing in it is special, and is never nothing', () => {
    for (const text of ['/health', 'a.test:80', '10.0.0.1', 'admin@a_b,c=d+e']) assert.equal(quote(text), text)
    assert.equal(quote(''), "''")
    assert.equal(quote("it's"), "'it'\\''s'")
  })
})
