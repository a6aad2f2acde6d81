import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { UpdaterError } from '../src/errors.js'
import type { Summary } from '../src/live/diff.js'
import type { State } from '../src/live/state.js'
import type { Outcome } from '../src/outcome.js'
import {
  exitOf,
  type Failure,
  failureOf,
  failuresAfter,
  type Manners,
  report,
  summaryText,
  type Told,
} from '../src/report.js'

const minute = 60_000
const now = 1_000_000 * minute
const live = '/etc/haproxy/haproxy.cfg'
const change = { live, before: 'a\n', after: 'b\n' }
const summary: Summary = {
  services: { added: ['shop_web_0'], removed: [] },
  servers: { added: 3, removed: 1, changed: 0 },
}

const unchanged: Outcome = { kind: 'unchanged', proof: 'verified', warnings: [], notes: [] }
const pending: Outcome = { kind: 'pending', change, reload: true, refusal: undefined, warnings: [], notes: [] }
const updated: Outcome = { kind: 'updated', change, proof: 'verified', took: 1240, warnings: [], notes: [] }
const failed: Failure = { kind: 'failed', exit: 'unavailable', message: 'no Marathon answers', warnings: [] }

const nothingTold: Told = { failing: undefined, warnings: [] }
const failing = (since: number, told: number): Told => ({
  failing: { name: 'unavailable', since: now - since * minute, told: now - told * minute },
  warnings: ['old'],
})

const tell = (result: Outcome | Failure, told = nothingTold, manners: Partial<Manners> = {}) =>
  report(result, 'change' in result ? summary : undefined, told, { loud: false, quiet: false, now, ...manners })
const linesOf = (...args: Parameters<typeof tell>): string[] => tell(...args).lines

describe('a run that ended well', () => {
  it('says nothing where nothing changed, but to a person', () => {
    assert.deepEqual(linesOf(unchanged), [])
    assert.deepEqual(linesOf(unchanged, nothingTold, { loud: true }), ['up to date (HAProxy runs it)'])
  })

  it('says in one line what changed, unless that is not wanted', () => {
    const line = `updated ${live}: +3 servers, -1 server, +1 service (shop_web_0); HAProxy runs it after 1.2 s`
    assert.deepEqual(linesOf(updated), [line])
    assert.deepEqual(linesOf(updated, nothingTold, { quiet: true }), [])
    assert.deepEqual(linesOf(updated, nothingTold, { quiet: true, loud: true }), [line])
  })

  it('says how far it is proven', () => {
    const proofs = {
      unverified: 'not verified that HAProxy runs it',
      'not-reloaded': 'HAProxy was not reloaded',
    } as const
    for (const [proof, words] of Object.entries(proofs) as [keyof typeof proofs, string][]) {
      assert.deepEqual(linesOf({ ...unchanged, proof }, nothingTold, { loud: true }), [`up to date (${words})`])
      assert.match(linesOf({ ...updated, proof }).join(), new RegExp(`; ${words} after 1\\.2 s$`))
    }
  })

  it('says what a dry run would change', () => {
    assert.deepEqual(linesOf(pending), [
      `${live} would change: +3 servers, -1 server, +1 service (shop_web_0); HAProxy would be reloaded`,
    ])
    assert.deepEqual(linesOf({ ...pending, reload: false }, nothingTold, { quiet: true }), [
      `${live} would change: +3 servers, -1 server, +1 service (shop_web_0)`,
    ])
  })

  it('always says its notes, before what changed', () => {
    assert.deepEqual(linesOf({ ...updated, notes: ['kept'] }, nothingTold, { quiet: true }), ['kept'])
    assert.equal(linesOf({ ...updated, notes: ['kept'] })[0], 'kept')
  })
})

describe('a warning', () => {
  it('is told when it appears and when it goes, and in between to a person', () => {
    const told = { failing: undefined, warnings: ['a', 'b'] }
    const result = { ...unchanged, warnings: ['b', 'c'] }
    assert.deepEqual(linesOf(result, told), ['warning: c', 'no longer: a'])
    assert.deepEqual(linesOf(result, told, { loud: true }).slice(0, 3), ['warning: b', 'warning: c', 'no longer: a'])
    assert.deepEqual(tell(result, told).told.warnings, ['b', 'c'])
    assert.deepEqual(linesOf(result, { failing: undefined, warnings: ['c', 'b'] }), [])
  })

  it('is one of twenty at most, with the number of the others', () => {
    const warnings = Array.from({ length: 25 }, (_, index) => `w${index}`)
    const lines = linesOf({ ...unchanged, warnings })
    assert.equal(lines.length, 21)
    assert.equal(lines.at(-1), 'warning: and 5 more; --verbose shows them all')
    assert.equal(linesOf({ ...unchanged, warnings: warnings.slice(0, 20) }).length, 20)
    assert.deepEqual(tell({ ...unchanged, warnings }).told.warnings, warnings, 'the others are not told the next time')
  })
})

describe('a failure', () => {
  const line = 'error[unavailable]: no Marathon answers'

  it('is told at once, with its name', () => {
    const { lines, told } = tell(failed)
    assert.deepEqual(lines, [line])
    assert.deepEqual(told, failing(0, 0).failing && { failing: failing(0, 0).failing, warnings: [] })
  })

  it('that lasts is told once an hour, with how long it lasts', () => {
    assert.deepEqual(linesOf(failed, failing(59, 59)), [])
    assert.deepEqual(linesOf(failed, failing(60, 60)), [`${line} (for 60 min)`])
    assert.deepEqual(linesOf(failed, failing(300, 60)), [`${line} (for 5 h)`])
    assert.deepEqual(linesOf(failed, failing(1, 1), { loud: true }), [`${line} (for 1 min)`])
    assert.deepEqual(linesOf(failed, failing(0, 0), { loud: true }), [`${line} (for less than a minute)`])
  })

  it('is remembered since when it lasts and when it was told last', () => {
    assert.deepEqual(tell(failed, failing(61, 61)).told, failing(61, 0))
    assert.deepEqual(tell(failed, failing(61, 30)).told, failing(61, 30))
  })

  it('of another name is told at once and lasts from now', () => {
    const { lines, told } = tell({ ...failed, exit: 'bad-reply' }, failing(5, 5))
    assert.deepEqual(lines, ['error[bad-reply]: no Marathon answers'])
    assert.deepEqual(told, { failing: { name: 'bad-reply', since: now, told: now }, warnings: ['old'] })
  })

  it('tells what else is wrong when it appears, to a person each time, and leaves the other warnings as they stood', () => {
    const result = { ...failed, warnings: ['a'] }
    const first = tell(result, failing(1, 1))
    assert.deepEqual(first.lines, ['warning: a'])
    assert.deepEqual(first.told.warnings, ['old', 'a'])
    assert.deepEqual(linesOf(result, first.told), [])
    assert.deepEqual(linesOf(result, first.told, { loud: true }), [`${line} (for 1 min)`, 'warning: a'])
    assert.deepEqual(tell(result, first.told).told.warnings, ['old', 'a'])
  })

  it('that is a trifle is told to a person only', () => {
    assert.deepEqual(linesOf({ ...failed, isTrifle: true }), [])
    assert.deepEqual(linesOf({ ...failed, isTrifle: true }, nothingTold, { loud: true }), [line])
  })

  it('is made of what was thrown: a name and a sentence, or a bug with its stack', () => {
    assert.deepEqual(failureOf(new UpdaterError('unavailable', 'no Marathon answers')), failed)
    const bug = failureOf(new Error('odd'))
    assert.equal(bug.exit, 'internal')
    assert.match(bug.message, /^this is a bug, please report it: Error: odd\n {4}at /)
    assert.match(failureOf('odd').message, /: odd$/)
  })

  it('is told to be over, once, even with --quiet', () => {
    const { lines, told } = tell({ ...unchanged, warnings: ['old'] }, failing(125, 5), { quiet: true })
    assert.deepEqual(lines, ['it is over: unavailable, which had lasted 2 h'])
    assert.deepEqual(told, { failing: undefined, warnings: ['old'] })
  })
})

describe('the failures in a row', () => {
  const after = (result: Outcome | Failure, state: Partial<State>) => failuresAfter(result, state as State, now)

  it('are counted under whatever name, from the first of them, until a run succeeds', () => {
    const one = after(failed, {})
    assert.deepEqual(one, { count: 1, since: now })
    assert.deepEqual(after({ ...failed, exit: 'bad-reply' }, { failures: { count: 4, since: 7 } }), {
      count: 5,
      since: 7,
    })
    assert.equal(after(unchanged, { failures: { count: 4, since: 7 } }), undefined)
    assert.equal(after(updated, { failures: { count: 4, since: 7 } }), undefined)
  })

  it('began with the failure that an older version remembered', () => {
    const { failing: known } = failing(9, 1)
    assert.deepEqual(after(failed, { failing: known }), { count: 1, since: now - 9 * minute })
  })
})

describe('the exit status', () => {
  it('is that of the failure, or tells what a dry run found', () => {
    assert.equal(exitOf(failed), 'unavailable')
    assert.equal(exitOf(unchanged), 'ok')
    assert.equal(exitOf(updated), 'ok')
    assert.equal(exitOf(pending), 'pending')
    assert.equal(exitOf({ ...pending, refusal: 'too many' } as Outcome), 'unsafe')
  })
})

describe('the summary of a change', () => {
  it('counts servers and services, and names up to five services', () => {
    const of = (added: string[], removed: string[], servers: Partial<Summary['servers']>) =>
      summaryText({ services: { added, removed }, servers: { added: 0, removed: 0, changed: 0, ...servers } })
    const many = ['a', 'b', 'c', 'd', 'e', 'f']
    assert.equal(of([], [], { changed: 2 }), '~2 servers')
    assert.equal(of(['a'], ['b'], { added: 1 }), '+1 server, +1 service, -1 service (a, b)')
    assert.equal(of(many.slice(1), [], {}), '+5 services (b, c, d, e, f)')
    assert.equal(of(many, [], {}), '+6 services')
    assert.equal(of([], [], {}), 'no server or service differs')
  })
})
