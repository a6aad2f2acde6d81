import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { State } from '../src/live/state.js'
import { type Found, isSettled, judge, pluginLine, unknown } from '../src/status.js'
import { newState } from './support/state.js'

const second = 1000
const minute = 60 * second
const now = 1_000_000 * minute
const live = '/etc/haproxy/haproxy.cfg'
const state: State = { ...newState(live), phase: 'loaded', target: 'ours' }
const well: Found = {
  state,
  lastSuccess: now - 32 * second,
  running: { state: 'answers', marker: 'ours', pid: '1' },
  live,
  isThere: true,
  marker: 'ours',
  isGenuine: true,
  maxAge: 5 * minute,
  now,
}

const lineOf = (found: Partial<Found>, changes: Partial<State> = {}): [number, string] => {
  const { line, status } = pluginLine(judge({ ...well, ...found, state: { ...state, ...changes } }))
  return [status, line]
}
const textOf = (found: Partial<Found>, changes: Partial<State> = {}): string => {
  const [, line] = lineOf(found, changes)
  return line.slice(0, line.indexOf(' | '))
}

const failing = (name: 'unavailable' | 'reload-pending' | 'unsafe' | 'rolled-back', minutes = 12) => ({
  failing: { name, since: now - 60 * minute, told: now },
  failures: { count: minutes, since: now - minutes * minute },
})
const quarantined = (...apps: string[]) => ({
  quarantine: Object.fromEntries(
    apps.map((appId, at) => [`b${at}`, { appId, portIndex: 0, hash: '', reason: '', since: now }]),
  ),
})

describe('the status', () => {
  it('is one line with what was measured', () => {
    assert.deepEqual(lineOf({}, { warnings: ['a', 'b'] }), [
      0,
      'OK - HAProxy runs what Marathon said 32 s ago | age=32s;;300;0 failures=0;0;;0 quarantined=0;0;;0 warnings=2;;;0\n',
    ])
    assert.deepEqual(
      lineOf({ lastSuccess: undefined, maxAge: 1500 }, { ...failing('unavailable'), ...quarantined('/a') }),
      [
        2,
        'CRITICAL - no run has succeeded yet; failing for 12 min (unavailable; 12 runs); 1 service in quarantine: /a' +
          ' | age=U;;1.5;0 failures=12;0;;0 quarantined=1;0;;0 warnings=0;;;0\n',
      ],
    )
  })

  const pending = 'a reload is pending: '
  const missing = { isThere: false, marker: undefined, isGenuine: false }
  const table: [says: string, found: Partial<Found>, changes?: Partial<State>][] = [
    ['OK - HAProxy runs what Marathon said 5 min ago', { lastSuccess: now - 5 * minute }],
    [
      `OK - ${live} holds what Marathon said 32 s ago; unverified whether HAProxy runs it`,
      { running: { state: 'not-asked' } },
      { phase: 'written' },
    ],
    ['CRITICAL - HAProxy does not answer on its stats socket', { running: { state: 'not-running' } }],
    [
      'CRITICAL - HAProxy does not answer on its stats socket',
      { running: { state: 'not-running' } },
      { phase: 'applying' },
    ],
    [`CRITICAL - ${pending}HAProxy runs something else than ${live}`, { marker: 'another' }],
    [`CRITICAL - ${pending}HAProxy runs something else than ${live}`, { marker: undefined }],
    [
      `CRITICAL - ${pending}HAProxy runs something else than ${live}`,
      { running: { state: 'answers', marker: undefined, pid: '1' } },
      { phase: 'applying' },
    ],
    [
      `CRITICAL - the program wrote neither ${live} nor what HAProxy runs`,
      { marker: undefined, running: { state: 'answers', marker: undefined, pid: '1' }, isGenuine: false },
    ],
    [`WARNING - ${live} is not as the program wrote it`, { isGenuine: false }],
    [
      `WARNING - ${live} is not as the program wrote it`,
      { marker: undefined, isGenuine: false, running: { state: 'not-asked' } },
      { phase: 'written' },
    ],
    [`CRITICAL - ${pending}the last change of ${live} is not proven`, {}, { phase: 'applying' }],
    [
      `CRITICAL - ${pending}the last change of ${live} is not proven`,
      { running: { state: 'not-asked' } },
      { phase: 'applying' },
    ],
    ['CRITICAL - failing for 12 min (reload-pending; 12 runs)', {}, failing('reload-pending')],
    ['CRITICAL - the last success was 6 min ago', { lastSuccess: now - 6 * minute }],
    ['CRITICAL - the last success was 3 h in the future: was the clock set back?', { lastSuccess: now + 180 * minute }],
    ['OK - HAProxy runs what Marathon said 90 s in the future', { lastSuccess: now + 90 * second }],
    [`CRITICAL - the live file ${live} is missing`, missing],
    [`CRITICAL - the live file ${live} is missing`, { ...missing, running: { state: 'not-asked' } }],
    [
      `CRITICAL - HAProxy does not answer on its stats socket; the live file ${live} is missing`,
      { ...missing, running: { state: 'not-running' } },
    ],
    ['CRITICAL - no run has succeeded yet', { lastSuccess: undefined, isGenuine: false }],
    [
      'CRITICAL - the last success was 6 min ago; failing for 5 min (unavailable; 5 runs)',
      { lastSuccess: now - 6 * minute },
      failing('unavailable', 5),
    ],
    ['WARNING - failing for 60 s (unavailable; 1 run)', {}, failing('unavailable', 1)],
    ['WARNING - failing for 60 min (unavailable; 1 run)', {}, { ...failing('unavailable'), failures: undefined }],
    [
      'WARNING - failing for 60 s (unsafe; 1 run); the safety gate has held back a loss of servers for 90 s',
      {},
      { ...failing('unsafe', 1), gateSince: now - 90 * second },
    ],
    ['WARNING - the safety gate has held back a loss of servers for 40 s', {}, { gateSince: now - 40 * second }],
    [
      'WARNING - failing for 3 min (rolled-back; 3 runs); the last change failed 3 min ago (2 attempts)',
      {},
      { ...failing('rolled-back', 3), rollback: { attempts: 2, at: now - 3 * minute, exit: 'rolled-back' } },
    ],
    ['WARNING - 2 services in quarantine: /a, /b', {}, quarantined('/b', '/a')],
    ['WARNING - 2 services in quarantine: /a', {}, quarantined('/a', '/a')],
    ['WARNING - 5 services in quarantine: /a, /b, /c and 2 more', {}, quarantined('/e', '/d', '/c', '/b', '/a')],
  ]
  for (const [at, [says, found, changes]] of table.entries()) {
    it(`${at + 1} is ${says}`, () => assert.equal(textOf(found, changes), says))
  }

  it('is UNKNOWN where there is nothing to judge, with the reason', () => {
    assert.deepEqual(pluginLine(unknown('no run yet')), { line: 'UNKNOWN - no run yet\n', status: 3 })
  })

  it('stays one line with one bar, whatever a message holds', () => {
    assert.equal(pluginLine(unknown('a|b\nc\r\n\u001b[2J\u2028d')).line, 'UNKNOWN - a/b c   [2J d\n')
    const [, line] = lineOf({ marker: 'x', live: '/etc/a|b' }, quarantined('/x|y\nz'))
    assert.equal(line.split('|').length, 2)
    assert.equal(line.indexOf('\n'), line.length - 1)
  })

  it('is looked at again while a run may be between two states', () => {
    assert.equal(isSettled(well), true)
    assert.equal(isSettled({ ...well, marker: 'another' }), false)
    assert.equal(isSettled({ ...well, isThere: false, marker: undefined }), true)
    assert.equal(isSettled({ ...well, state: { ...state, phase: 'applying' } }), false)
    assert.equal(isSettled({ ...well, running: { state: 'not-running' } }), true)
  })
})
