import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { Facts } from '../src/facts.js'
import { metricsOf } from '../src/metrics.js'
import { makeFile, makeFolder } from './support/folder.js'
import { lintMetrics, promtool } from './support/promtool.js'

const live = '/etc/haproxy/haproxy.cfg'

/** A run that Marathon answered and that changed something. */
const updated: Facts = {
  schema: 1,
  version: '1.2.3',
  exit: { status: 0, name: 'ok' },
  outcome: 'updated',
  error: null,
  live,
  proof: 'verified',
  answered: 'http://marathon.test:8080',
  apps: 3,
  services: 2,
  servers: 5,
  leftOut: { unhealthy: 2, 'bad-label': 1 },
  quarantined: [{ app: '/bad', port: 0, reason: 'odd', since: 1 }],
  reloadPending: false,
  consecutiveFailures: 0,
  failingSince: null,
  lastRun: 1_700_000_000.5,
  lastSuccess: 1_700_000_000.25,
  lastChange: 1_600_000_000,
  durations: { fetch: 0.1, render: 0.02, validate: 0.05, apply: 0.3, total: 0.5 },
  change: null,
  refusal: null,
  warnings: ['one', 'two'],
  notes: [],
}

/** One that ended before it knew anything. */
const lost: Facts = {
  ...updated,
  exit: { status: 73, name: 'cannot-write' },
  outcome: 'failed',
  apps: null,
  services: null,
  servers: null,
  leftOut: null,
  quarantined: null,
  reloadPending: null,
  consecutiveFailures: null,
  lastSuccess: null,
  lastChange: null,
  durations: { fetch: null, render: null, validate: null, apply: null, total: 0.01 },
  warnings: [],
}

/** The values, without the prefix of their names. */
const valuesIn = (text: string): string[] =>
  text.split('\n').flatMap((line) => (line.startsWith('haproxy_updater_') ? line.slice('haproxy_updater_'.length) : []))
const namesIn = (text: string): string[] => [...new Set(text.match(/haproxy_updater_\w+/g))]

describe('the metrics of a run', () => {
  it('are a value of each fact, labelled with the live file', () => {
    const config = `config="${live}"`
    assert.deepEqual(valuesIn(metricsOf(updated)), [
      `last_run_timestamp_seconds{${config}} 1700000000.5`,
      `last_success_timestamp_seconds{${config}} 1700000000.25`,
      `last_change_timestamp_seconds{${config}} 1600000000`,
      `run_duration_seconds{${config}} 0.5`,
      `phase_duration_seconds{${config},phase="apply"} 0.3`,
      `phase_duration_seconds{${config},phase="fetch"} 0.1`,
      `phase_duration_seconds{${config},phase="render"} 0.02`,
      `phase_duration_seconds{${config},phase="validate"} 0.05`,
      `exit_status{${config}} 0`,
      `apps{${config}} 3`,
      `services{${config}} 2`,
      `servers{${config}} 5`,
      `left_out{${config},reason="bad-label"} 1`,
      `left_out{${config},reason="unhealthy"} 2`,
      `quarantined{${config}} 1`,
      `reload_pending{${config}} 0`,
      `consecutive_failures{${config}} 0`,
      `warnings{${config}} 2`,
      `build_info{${config},version="1.2.3"} 1`,
    ])
  })

  it('say that a reload is pending', () => {
    assert.ok(valuesIn(metricsOf({ ...updated, reloadPending: true })).includes(`reload_pending{config="${live}"} 1`))
  })

  it('leave out what is not known', () => {
    const names = namesIn(metricsOf(lost)).map((name) => name.slice('haproxy_updater_'.length))
    assert.deepEqual(names, ['last_run_timestamp_seconds', 'run_duration_seconds', 'exit_status', 'build_info'])
  })

  it('are what Prometheus reads and its linter likes, however odd a name is', () => {
    const odd = { ...updated, live: '/etc/a "b"\\c\nd{e="f"}/haproxy.cfg' }
    for (const facts of [updated, lost, odd]) assert.deepEqual(lintMetrics(metricsOf(facts)), { status: 0, output: '' })
    assert.match(
      metricsOf(odd),
      /^haproxy_updater_apps\{config="\/etc\/a \\"b\\"\\\\c\\nd\{e=\\"f\\"\}\/haproxy\.cfg"\} 3$/m,
    )
  })
})

describe('the alerts of the README', () => {
  const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')
  const monitoring = readme.split(/^## /m).find((section) => section.startsWith('Monitoring\n')) ?? ''
  const rules = /```yaml\n(.*?)```/s.exec(monitoring)?.[1] ?? ''

  it('are rules that Prometheus takes, of metrics that there are', (t) => {
    const { status, output } = promtool('check', 'rules', makeFile(makeFolder(t), 'alerts.yml', rules))
    assert.equal(status, 0, output)
    const known = namesIn(metricsOf(updated))
    const used = namesIn(rules)
    assert.ok(used.length > 0, 'no metric in the rules')
    assert.deepEqual(
      used.filter((name) => !known.includes(name)),
      [],
    )
  })
})
