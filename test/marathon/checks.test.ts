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
  return portsOf(given).map((port) => checkFor(given, port))
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

  it('with an absolute port is that of the container port, whatever the index says', () => {
    const byPort = [{ path: '/b', port: 8081, portIndex: 0 }]
    for (const mode of ['bridge', 'container'] as const) {
      assert.deepEqual(
        checksOf(byPort, { mode }).map((check) => check?.path),
        [undefined, '/b'],
        mode,
      )
    }
    assert.deepEqual(checksOf(byPort, { mode: 'host' }), [undefined, undefined])
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
