import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { linesOf } from '../../src/check/lines.js'
import type { CaseReport, Failure } from '../../src/check/report.js'

const plain = { paint: (_: string, text: string) => text, verbose: false, because: undefined }
const good: CaseReport = {
  from: 'a.json',
  ok: true,
  exit: 'ok',
  apps: 12,
  services: 1,
  servers: 0,
  failures: [],
  warnings: [],
}
const failing = (...failures: Failure[]): CaseReport => ({ ...good, ok: false, exit: 'invalid-config', failures })
const linesFor = (one: CaseReport, manner = plain) =>
  linesOf({ schema: 1, validated: '2.6.12', cases: [one] }, manner).slice(0, -1)

describe('the lines of a report', () => {
  it('count what is there, and end with the sum', () => {
    const cases = [good, failing({ kind: 'reply', message: 'b.json is no reply' }), good]
    assert.deepEqual(linesOf({ schema: 1, validated: '2.6.12', cases }, plain), [
      'ok      a.json: 12 apps, 1 service, 0 servers',
      'FAILED  a.json: b.json is no reply',
      'ok      a.json: 12 apps, 1 service, 0 servers',
      '3 cases: 2 ok, 1 failed; validated by haproxy 2.6.12',
    ])
  })

  it('say that nobody validated, and why not', () => {
    const lines = linesOf({ schema: 1, validated: null, cases: [good] }, { ...plain, because: 'none is there' })
    assert.equal(lines.at(-1), '1 case: 1 ok, 0 failed; not validated: none is there')
  })

  it('point at what is wrong in a template, whatever its blanks', () => {
    const place = { template: '/t/a.njk', line: 3, column: 6, source: '\ta \tb {{ nope }}' }
    assert.deepEqual(linesFor(failing({ kind: 'template', message: 'undefined', ...place })), [
      'FAILED  a.json: a template is in error',
      '  /t/a.njk:3:6: undefined',
      '      \ta \tb {{ nope }}',
      '      \t  \t ^',
    ])
    assert.deepEqual(
      linesFor(failing({ kind: 'template', message: 'odd', template: '/t/a.njk' }))[1],
      '  /t/a.njk: odd',
    )
  })

  it('name place, section and app of what HAProxy rejects, each line of a template once', () => {
    const alert = (line: number, app: string): Failure => {
      const place = { template: '/t/a.njk', line, source: `  line ${line}` }
      return { kind: 'haproxy', message: `no ${line}`, ...place, section: `backend ${app}`, app: `/${app}`, port: 1 }
    }
    assert.deepEqual(linesFor(failing(alert(4, 'a'), alert(5, 'a'), alert(4, 'b'), alert(4, 'c'))), [
      'FAILED  a.json: HAProxy rejects it',
      '  /t/a.njk:4: no 4',
      '        line 4',
      '    in section backend a, /a port 1, and 2 alerts more from that line',
      '  /t/a.njk:5: no 5',
      '        line 5',
      '    in section backend a, /a port 1',
    ])
    const many = [1, 2, 3, 4, 5, 6, 6, 7].map((line) => alert(line, 'a'))
    assert.equal(linesFor(failing(...many)).at(-1), '  and 3 more alerts of HAProxy; --json shows them all')
    assert.equal(linesFor(failing(...many)).length, 1 + 5 * 3 + 1)
    const nowhere: Failure = { kind: 'haproxy', message: 'no listener' }
    assert.deepEqual(linesFor(failing(nowhere)).slice(1), ['  no listener'])
  })

  it('say everything that fails in the first one', () => {
    const kinds: Failure['kind'][] = ['haproxy', 'expectation', 'expectation', 'warning']
    const [head, ...details] = linesFor(failing(...kinds.map((kind, at) => ({ kind, message: `m${at}` }))))
    assert.equal(head, 'FAILED  a.json: HAProxy rejects it; 2 expectations not met; 1 warning, which --strict forbids')
    assert.deepEqual(details, ['  m0', '  m1', '  m2'])
  })

  it('show the first twenty warnings, and all where that is wanted', () => {
    const warnings = Array.from({ length: 22 }, (_, at) => `w${at}`)
    const lines = linesFor({ ...good, warnings })
    assert.deepEqual(lines.slice(1, 3), ['  warning: w0', '  warning: w1'])
    assert.deepEqual(lines.slice(20), ['  warning: w19', '  and 2 more; --verbose shows them all'])
    assert.equal(linesFor({ ...good, warnings }, { ...plain, verbose: true }).at(-1), '  warning: w21')
    assert.equal(linesFor({ ...good, warnings: warnings.slice(0, 20) }).at(-1), '  warning: w19')
  })

  it('hold nothing that a terminal or a CI service obeys', () => {
    const odd = 'a\n::error::\u001b[31m\u202e##[error]'
    const spelled = 'a\\u{a}::error::\\u{1b}[31m\\u{202e}#\\#[error]'
    const source = `\t::add-mask::\u202e {{ nope }}`
    const failures: Failure[] = [
      { kind: 'setup', message: odd },
      { kind: 'template', message: odd, template: odd, line: 1, column: 16, source, section: odd, app: odd, port: 0 },
      { kind: 'haproxy', message: odd },
      { kind: 'expectation', message: odd },
    ]
    assert.deepEqual(linesFor({ ...failing(...failures), from: odd, warnings: [odd] }), [
      `FAILED  ${spelled}: ${spelled}; a template is in error; HAProxy rejects it; 1 expectation not met`,
      `  ${spelled}:1:16: ${spelled}`,
      '      \t\\::add-mask::\\u{202e} {{ nope }}',
      `      \t${' '.repeat(22)}^`,
      `    in section ${spelled}, ${spelled} port 0`,
      `  ${spelled}`,
      `  ${spelled}`,
      `  warning: ${spelled}`,
    ])
    assert.equal(linesFor({ ...good, from: odd })[0], `ok      ${spelled}: 12 apps, 1 service, 0 servers`)
  })

  it('are painted word by word', () => {
    const paint = (style: string, text: string) => `<${style} ${text}>`
    const one = { ...failing({ kind: 'reply', message: 'm' }), warnings: ['w'] }
    assert.deepEqual(linesFor(one, { ...plain, paint }), ['<red FAILED>  a.json: m', '  <yellow warning>: w'])
    assert.match(linesFor(good, { ...plain, paint })[0] ?? '', /^<green ok> {6}a\.json/)
  })
})
