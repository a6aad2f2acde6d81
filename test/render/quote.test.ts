import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { after, describe, it, type TestContext } from 'node:test'
import { escapeRegex, literal, quote } from '../../src/render/quote.js'
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

/** Asks a HAProxy that answers every request with these lines, and gives its answer. */
async function haproxyWith(t: TestContext, answers: string[]): Promise<(path: string) => Promise<string>> {
  const site = await createSite()
  t.after(() => site.remove())
  const lines = answers.map((line) => `  http-request return status 200 content-type text/plain ${line}\n`).join('')
  writeFileSync(
    site.live,
    bootConfig(site).replace(/^ {2}http-request .*\n/m, () => lines),
  )
  await startHaproxy(site.live, site)
  return async (path) => (await fetch(`http://127.0.0.1:${site.statsPort}/${path}`)).text()
}

after(stopAll)

describe('a quoted text', () => {
  it('is read by HAProxy as the text it was', async (t) => {
    const texts = [...printable, ...hostile, ...randomTexts()]
    const answer = await haproxyWith(
      t,
      texts.map((text, index) => `string ${quote(text)} if { path /${index} }`),
    )
    for (const [index, text] of texts.entries()) assert.equal(await answer(String(index)), text)
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

describe('a literal text', () => {
  it('is what HAProxy makes of it in a log-format', async (t) => {
    // A log-format makes one blank of several, and no label that gets there has any.
    const texts = [...printable, ...hostile, ...randomTexts(), '%', '%20', '%5B%[path]', '%%20%'].filter(
      (text) => !text.includes(' '),
    )
    const answer = await haproxyWith(
      t,
      texts.map((text, index) => `lf-string ${quote(literal(text))} if { path /${index} }`),
    )
    for (const [index, text] of texts.entries()) assert.equal(await answer(String(index)), text)
  })
})

describe('a text in a regular expression', () => {
  const texts = [...printable, ...hostile, ...randomTexts()]

  it('matches itself for HAProxy, and nothing else', async (t) => {
    const expression = (text: string): string => quote(`^${escapeRegex(text)}$`)
    const answer = await haproxyWith(t, [
      ...texts.map(
        (text, index) => `string same if { path /${index} } { url_param(text),url_dec -m reg -- ${expression(text)} }`,
      ),
      'string other',
    ])
    for (const [index, text] of texts.entries()) {
      const asked = (other: string): Promise<string> => answer(`${index}?text=${encodeURIComponent(other)}`)
      assert.equal(await asked(text), 'same', text)
      for (const other of [`${text}x`, `x${text}`, `${text}${text}`]) assert.equal(await asked(other), 'other', text)
    }
  })

  it('stays as it is where nothing in it is special', () => {
    for (const text of ['/shop/web', "/it's-a_b~c", '/a%20b', '/a,b;c=d@e']) assert.equal(escapeRegex(text), text)
    assert.equal(escapeRegex('/c.art(1)+$'), '/c\\.art\\(1\\)\\+\\$')
  })
})
