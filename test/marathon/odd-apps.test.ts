import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { settleConflicts } from '../../src/marathon/conflicts.js'
import { mergeDeployments } from '../../src/marathon/deployment-groups.js'
import { readApps } from '../../src/marathon/reply.js'
import { type Rules, type Service, servicesOf } from '../../src/marathon/services.js'
import { app, httpCheck } from '../support/apps.js'
import { everything } from '../support/rules.js'

const rules: Rules = { ...everything, readiness: true, mesosDns: { domain: 'mesos', framework: 'marathon' } }

/** The settled services of these apps. */
function servicesIn(apps: unknown[]): Service[] {
  const { services } = servicesOf(readApps({ apps }, true).apps, rules)
  return settleConflicts(mergeDeployments(services), new Map()).services
}

const labels = {
  HAPROXY_GROUP: 'a',
  HAPROXY_0_VHOST: 'web.test',
  HAPROXY_0_BACKEND_HEALTHCHECK_PORT_INDEX: '1',
  HAPROXY_DEPLOYMENT_GROUP: 'web',
  HAPROXY_DEPLOYMENT_STARTED_AT: '2024-01-01T00:00:00',
}
const common = {
  ports: [10000, 10001],
  labels,
  healthChecks: [httpCheck, { ...httpCheck, port: 8081 }],
  readinessChecks: [{ name: 'up' }],
  readinessCheckResults: [{ name: 'up', taskId: 'a', ready: true }],
  tasks: [{ id: 'a', health: 'healthy' as const }, { id: 'b' }],
}

const mapping = { containerPort: 80, hostPort: 0, servicePort: 10000, protocol: 'tcp' }

/** Apps that have every key that is read, between them. */
const whole = [
  app('/web', common),
  app('/web', { ...common, mode: 'bridge', ports: [10000, 10001] }),
  app('/web', { ...common, mode: 'container' }),
  {
    ...app('/web', common),
    portDefinitions: undefined,
    networks: undefined,
    ports: [10000],
    ipAddress: { discovery: { ports: [{ number: 80, protocol: 'tcp' }] } },
    container: { docker: { network: 'USER', portMappings: [mapping, { ...mapping, hostPort: undefined }] } },
  },
]

const odd = [
  null,
  [],
  {},
  '',
  0,
  -1,
  1.5,
  1e300,
  'x',
  true,
  [[]],
  [[[{}]]],
  [null],
  [{}],
  { a: [null] },
  'x'.repeat(10_000),
]

/** A copy of a value for each place in it, with each oddity put there. */
function* spoilt(value: unknown): Generator<unknown> {
  yield* odd
  if (value === null || typeof value !== 'object') return
  for (const [key, item] of Object.entries(value)) {
    for (const other of spoilt(item))
      yield Array.isArray(value) ? value.with(Number(key), other) : { ...value, [key]: other }
  }
}

const other = app('/zzz', { ports: [20000], labels: { HAPROXY_0_VHOST: 'zzz.test' } })
const [ofOther] = servicesIn([other])

describe('an odd app', () => {
  for (const [index, given] of whole.entries()) {
    it(`never throws, and costs no other app its route, whatever stands anywhere in it: ${index + 1}`, () => {
      assert.ok(servicesIn([given]).length > 0)
      let count = 0
      for (const one of spoilt(given)) {
        const services = servicesIn([one, other])
        assert.deepEqual(services.at(-1), ofOther)
        for (const { servers } of services)
          assert.ok(
            servers.every(({ host, port }) => host !== '' && Number.isInteger(port) && port > 0 && port < 65536),
          )
        count++
      }
      assert.ok(count > 1000)
    })
  }

  it('never throws, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom(...Object.keys(whole[0] ?? {})), fc.jsonValue())),
        ),
        (apps) => {
          const ids = apps.map((raw) => (raw !== null && typeof raw === 'object' ? { ...raw, id: '/web' } : raw))
          assert.deepEqual(servicesIn([...apps, ...ids, other]).at(-1), ofOther)
        },
      ),
    )
  })

  it('never throws for a label of any name or value', () => {
    const names = ['GROUP', 'ENABLED', 'VHOST', 'PATH', 'AUTH', 'PORT', 'SSL_CERT', 'BIND_OPTIONS', 'BALANCE', 'X', '']
    const name = fc.oneof(
      fc.string(),
      fc.constantFrom(...names).map((known) => `HAPROXY_0_${known}`),
    )
    fc.assert(
      fc.property(fc.dictionary(name, fc.string()), (given) => {
        assert.ok(servicesIn([{ ...app('/web'), labels: given }, other]).length <= 2)
      }),
    )
  })
})
