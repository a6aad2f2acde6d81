import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Account, openAccount } from '../src/account.js'
import { type Ended, factsOf } from '../src/facts.js'
import type { State } from '../src/live/state.js'
import type { Outcome } from '../src/outcome.js'
import type { Failure } from '../src/report.js'
import { version } from '../src/version.js'
import { newState } from './support/state.js'

const live = '/etc/haproxy/haproxy.cfg'
const now = 1_700_000_000_500
const summary = { services: { added: ['web_0'], removed: [] }, servers: { added: 3, removed: 1, changed: 0 } }
const quarantine = { bad_0: { appId: '/bad', portIndex: 0, hash: 'secret of ours', reason: 'odd', since: now - 1000 } }
const account: Account = {
  answered: 'http://marathon.test:8080',
  counts: { apps: 3, services: 2, servers: 5 },
  leftOut: { 'bad-label': 1, unhealthy: 2 },
  quarantine,
  warnings: ['a warning'],
  change: undefined,
  phases: { fetch: 100.4, render: 20, validate: 50, apply: 300 },
}
const state: State = { ...newState(live), phase: 'loaded', lastChange: now - 2000 }
const change = { live, before: 'a\n', after: 'b\n' }
const updated: Outcome = { kind: 'updated', change, proof: 'verified', took: 1, warnings: [], notes: ['kept'] }
const failed: Failure = { kind: 'failed', exit: 'unavailable', message: 'no Marathon answers', warnings: [] }

const ended: Ended = { result: updated, summary, account, live, state, lastSuccess: now - 10, now, took: 500 }
const of = (changes: Partial<Ended>) => factsOf({ ...ended, ...changes })

describe('the facts of a run', () => {
  it('are all that is known of one that updated', () => {
    assert.deepEqual(of({}), {
      schema: 1,
      version,
      exit: { status: 0, name: 'ok' },
      outcome: 'updated',
      error: null,
      live,
      proof: 'verified',
      answered: 'http://marathon.test:8080',
      apps: 3,
      services: 2,
      servers: 5,
      leftOut: { 'bad-label': 1, unhealthy: 2 },
      quarantined: [{ app: '/bad', port: 0, reason: 'odd', since: 1_699_999_999.5 }],
      reloadPending: false,
      consecutiveFailures: 0,
      failingSince: null,
      lastRun: 1_700_000_000.5,
      lastSuccess: 1_700_000_000.49,
      lastChange: 1_699_999_998.5,
      durations: { fetch: 0.1, render: 0.02, validate: 0.05, apply: 0.3, total: 0.5 },
      change: summary,
      refusal: null,
      warnings: ['a warning'],
      notes: ['kept'],
    })
  })

  it('are null where a run that failed did not get so far, but for what earlier runs left', () => {
    const begun = { ...openAccount(), phases: { fetch: 100 } }
    const failures = { count: 4, since: now - 180_000 }
    const facts = of({
      result: failed,
      summary: undefined,
      account: begun,
      state: { ...state, phase: 'applying', failures, quarantine },
    })
    const { exit, outcome, error, proof, apps, leftOut, change: changed, warnings, ...rest } = facts
    assert.deepEqual(exit, { status: 69, name: 'unavailable' })
    assert.deepEqual([outcome, error, proof, changed], ['failed', 'no Marathon answers', null, null])
    assert.deepEqual([apps, rest.services, rest.servers, rest.answered, leftOut], [null, null, null, null, null])
    assert.deepEqual(warnings, [])
    assert.deepEqual(
      rest.quarantined?.map(({ app }) => app),
      ['/bad'],
    )
    assert.deepEqual([rest.reloadPending, rest.consecutiveFailures, rest.failingSince], [true, 4, 1_699_999_820.5])
    assert.deepEqual(rest.durations, { fetch: 0.1, render: null, validate: null, apply: null, total: 0.5 })
  })

  it('are null where the state is not known, and those of the state too', () => {
    const facts = of({
      result: { ...failed, exit: 'busy' },
      account: openAccount(),
      state: undefined,
      lastSuccess: undefined,
    })
    const { quarantined, reloadPending, consecutiveFailures, failingSince, lastSuccess, lastChange } = facts
    const unknown = [quarantined, reloadPending, consecutiveFailures, failingSince, lastSuccess, lastChange]
    assert.deepEqual(unknown, [null, null, null, null, null, null])
    assert.deepEqual(facts.exit, { status: 75, name: 'busy' })
  })

  it('name why the gate refuses, in a dry run and in one that it ended', () => {
    const pending: Outcome = { kind: 'pending', change, reload: true, refusal: 'too many', warnings: [], notes: [] }
    const dry = of({ result: pending })
    assert.deepEqual([dry.exit.name, dry.outcome, dry.refusal, dry.error], ['unsafe', 'pending', 'too many', null])
    const refused = of({ result: { ...failed, exit: 'unsafe', message: 'refused: too many' } })
    assert.deepEqual([refused.refusal, refused.error], ['refused: too many', 'refused: too many'])
    assert.equal(of({ result: failed }).refusal, null)
  })
})
