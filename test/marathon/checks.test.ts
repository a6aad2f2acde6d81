import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Check, checkFor } from '../../src/marathon/checks.js'
import { portsOf } from '../../src/marathon/ports.js'
import { type App, readApps } from '../../src/marathon/reply.js'
import { type AppSpec, app } from '../support/apps.js'

/** The checks of an app's two ports. */
function checksOf(healthChecks: Record<string, unknown>[], spec: AppSpec = {}): (Check | undefined)[] {
  const raw = app('/web', { ports: [10000, 10001], healthChecks, ...spec })
  const given = readApps({ apps: [raw] }, false).apps[0] as App
  const ports = portsOf(given)
  return ports.map((port) => checkFor(given, port, ports.length === 1))
}

const first = (healthCheck: Record<string, unknown>): Check | undefined =>
  checksOf([{ portIndex: 0, ...healthCheck }])[0]

describe('the check of a service', () => {
  it('is that of its port index, which is 0 where none is given', () => {
    const paths = (healthChecks: Record<string, unknown>[]) => checksOf(healthChecks).map((check) => check?.path)
    assert.deepEqual(paths([]), [undefined, undefined])
    assert.deepEqual(paths([{ path: '/a' }]), ['/a', undefined])
    assert.deepEqual(paths([{ path: '/b', portIndex: 1 }]), [undefined, '/b'])
    assert.deepEqual(
      paths([
        { path: '/b', portIndex: 1 },
        { path: '/a', portIndex: 0 },
        { path: '/other', portIndex: 0 },
      ]),
      ['/a', '/b'],
    )
  })

  it('with an absolute port is that of the port with this number, whatever the index says', () => {
    const mappings = [{ containerPort: 80 }, { containerPort: 81, hostPort: 31081, servicePort: 10001 }]
    const discovery = { ports: [{ number: 90 }, { number: 91 }] }
    const cases: [string, number, AppSpec][] = [
      ['container port', 8081, { mode: 'bridge' }],
      ['container port', 8081, { mode: 'container' }],
      ['host port', 31081, { mode: 'bridge', container: { portMappings: mappings } }],
      ['discovered port', 91, { networks: undefined, ipAddress: { discovery } }],
      ['port of the definition', 10001, { mode: 'host' }],
    ]
    for (const [name, port, spec] of cases) {
      const checks = checksOf([{ path: '/b', port, portIndex: 0 }], spec)
      assert.deepEqual(
        checks.map((check) => [check?.kind, check?.path]),
        [
          [undefined, undefined],
          ['http', '/b'],
        ],
        name,
      )
    }
  })

  it('with an absolute port of no service is a TCP check of the only port, and of none where there are more', () => {
    const elsewhere = { path: '/b', port: 9000, portIndex: 0, intervalSeconds: 7 }
    for (const [protocol, speaksHttp] of [
      ['HTTP', true],
      ['MESOS_HTTP', true],
      ['HTTPS', false],
      ['TCP', false],
    ] as const) {
      const [check, ...others] = checksOf([{ ...elsewhere, protocol }], { ports: [10000] })
      assert.deepEqual([check?.kind, check?.speaksHttp, check?.interval, others], ['tcp', speaksHttp, 7, []], protocol)
    }
    for (const mode of ['host', 'bridge', 'container'] as const)
      assert.deepEqual(checksOf([elsewhere], { mode }), [undefined, undefined], mode)
    const own = { path: '/own', portIndex: 0 }
    assert.deepEqual(
      checksOf([elsewhere, own], { ports: [10000] }).map((check) => [check?.kind, check?.path]),
      [['http', '/own']],
      'its own check goes first',
    )
    assert.deepEqual(checksOf([{ path: '/b', portIndex: 1 }], { ports: [10000] }), [undefined], 'an index is no port')
  })

  it('speaks HTTP where Marathon does and the path could be asked for', () => {
    const speaks = (healthCheck: Record<string, unknown>) => first(healthCheck)?.speaksHttp
    assert.deepEqual([speaks({}), speaks({ protocol: 'HTTPS' }), speaks({ protocol: 'TCP' })], [true, false, false])
    assert.equal(speaks({ path: '/a b' }), false)
  })

  it('is of the kind that HAProxy can do', () => {
    const kinds: Record<Check['kind'], string[]> = {
      http: ['HTTP', 'MESOS_HTTP', 'mesos_http'],
      https: ['HTTPS', 'MESOS_HTTPS'],
      tcp: ['TCP', 'MESOS_TCP', 'COMMAND', 'SOMETHING_NEW'],
    }
    for (const [kind, protocols] of Object.entries(kinds)) {
      for (const protocol of protocols) assert.equal(first({ protocol })?.kind, kind, protocol)
    }
    assert.equal(first({})?.kind, 'http', "Marathon's default")
  })

  it('asks for a path that begins with a slash', () => {
    for (const [path, asked] of [
      ['/health?full=1', '/health?full=1'],
      ['health', '/health'],
      ['/', '/'],
      ['', '/'],
      [null, '/'],
      [undefined, '/'],
    ]) {
      assert.deepEqual([first({ path })?.path, first({ path })?.kind], [asked, 'http'], String(path))
    }
  })

  it('becomes a TCP check where the path could not stand in a request line', () => {
    for (const path of ['/a b', '/a\nhttp-request deny', '/a\tb', '/é', '/\u007f', `/${'x'.repeat(2048)}`]) {
      assert.equal(first({ path })?.kind, 'tcp', JSON.stringify(path).slice(0, 40))
      assert.equal(first({ path, protocol: 'HTTPS' })?.kind, 'tcp')
    }
  })

  it("has Marathon's times, within what HAProxy takes", () => {
    const times = (intervalSeconds: unknown, timeoutSeconds: unknown) => {
      const check = first({ intervalSeconds, timeoutSeconds })
      return [check?.interval, check?.timeout]
    }
    assert.deepEqual(times(5, 3), [5, 3])
    assert.deepEqual(times(undefined, null), [60, 20])
    assert.deepEqual(times(0, 0), [1, 1])
    assert.deepEqual(times(10 ** 9, 10 ** 9), [86_400, 86_400])
  })

  it('never falls at 0 failures, which means "never kill" to Marathon', () => {
    const fall = (maxConsecutiveFailures: unknown) => first({ maxConsecutiveFailures })?.fall
    assert.deepEqual([fall(0), fall(2), fall(undefined), fall(10 ** 9)], [1, 3, 4, 1000])
  })
})
