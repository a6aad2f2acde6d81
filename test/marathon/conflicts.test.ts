import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { settleConflicts } from '../../src/marathon/conflicts.js'
import type { Service } from '../../src/marathon/services.js'

const service = (appId: string, servicePort: number | undefined, vhosts: string[] = [], portIndex = 0): Service => ({
  backend: `${appId.slice(1)}_${portIndex}`,
  appId,
  portIndex,
  servicePort,
  mode: 'http',
  vhosts,
  check: undefined,
  servers: [],
})

describe('a conflict', () => {
  it('over a service port is won by the first app; the other keeps its hosts', () => {
    const services = [service('/a', 10000, ['a.test']), service('/b', 10000, ['b.test']), service('/b', 10001, [], 1)]
    const settled = settleConflicts(services, new Map())
    assert.deepEqual(settled.services, [services[0], { ...services[1], servicePort: undefined }, services[2]])
    assert.deepEqual(settled.warnings, ['/b port 0 does not get service port 10000: /a port 0 has it'])
  })

  it('over a host is won by the first app; the other keeps its port and its other hosts', () => {
    const services = [service('/a', 10000, ['x.test']), service('/b', 10001, ['b.test', 'x.test'])]
    const settled = settleConflicts(services, new Map())
    assert.deepEqual(settled.services, [services[0], { ...services[1], vhosts: ['b.test'] }])
    assert.deepEqual(settled.warnings, ['/b port 0 does not get host x.test: /a port 0 has it'])
  })

  it('within an app is won by its first port', () => {
    const settled = settleConflicts([service('/a', 10000), service('/a', 10000, [], 1)], new Map())
    assert.deepEqual(
      settled.services.map(({ servicePort }) => servicePort),
      [10000, undefined],
    )
    assert.deepEqual(settled.warnings, ['/a port 1 does not get service port 10000: /a port 0 has it'])
  })

  it("with the program's own frontends is lost by every app", () => {
    const settled = settleConflicts(
      [service('/a', 443), service('/b', 80)],
      new Map([
        [80, 'http'],
        [443, 'https'],
      ]),
    )
    assert.ok(settled.services.every(({ servicePort }) => servicePort === undefined))
    assert.deepEqual(settled.warnings, [
      '/a port 0 does not get service port 443: the https frontend has it',
      '/b port 0 does not get service port 80: the http frontend has it',
    ])
  })

  it('is none between services without a port, and leaves what it was given as it was', () => {
    const services = [service('/a', undefined, ['x.test']), service('/b', undefined, ['x.test'])]
    const before = structuredClone(services)
    assert.equal(settleConflicts(services, new Map()).warnings.length, 1)
    assert.deepEqual(services, before)
  })
})
