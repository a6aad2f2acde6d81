import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Draft } from '../src/compose.js'
import { type Rejection, readRejection } from '../src/haproxy/rejection.js'
import type { Verdict } from '../src/haproxy/validate.js'
import type { Quarantine } from '../src/live/state.js'
import type { Service } from '../src/marathon/services.js'
import {
  findingsOf,
  hashesBy,
  recentOf,
  refuseQuarantined,
  type Search,
  stillLeftOut,
  withEntry,
  withoutCulprit,
} from '../src/quarantine.js'
import type { Configuration } from '../src/render/configuration.js'
import { server, service } from './support/service.js'

/** A text that names its services, with the weight of their routes as something that may change, and their servers. */
const render = async (services: Service[]): Promise<Configuration> => {
  const lines = services.map(({ backend, routes, servers }) => `${backend} ${routes[0]?.weight ?? 0} ${servers.length}`)
  const text = lines.map((line) => `backend ${line}\n`).join('')
  return { text, marker: text, maps: [] }
}
const hashes = hashesBy(render)

async function draftOf(services: Service[], quarantine: Quarantine = {}): Promise<Draft> {
  const kept = services.filter(({ backend }) => !Object.hasOwn(quarantine, backend))
  return {
    apps: [],
    view: () => assert.fail('no view is wanted'),
    configuration: await render(kept),
    services: kept,
    quarantine,
    findings: findingsOf(quarantine),
    addresses: {},
    templates: new Map(),
    render,
    leaveOut: async (left, reason, now) =>
      draftOf(services, await withEntry(quarantine, services, left, { reason, now, hashes })),
  }
}

const numbered = (count: number): Service[] =>
  Array.from({ length: count }, (_, at) => service(`/app${at}`, { servers: [server('127.0.0.1', 31000 + at)] }))

const output = '[ALERT] (1) : config : wrong.'
const unnamed: Rejection = readRejection(output, '')

/** A search among services that HAProxy rejects where the text is wrong; `asked` holds each text it was asked about. */
function searchOf(first: Draft, isWrong: (text: string) => boolean, started = Date.now()) {
  const asked: string[] = []
  const check = async ({ text }: Configuration): Promise<Verdict> => {
    asked.push(text)
    return isWrong(text) ? { how: 'rejected', output, isIdle: false } : { how: 'valid', took: 1 }
  }
  const search: Search = { first, started, check }
  return { search, asked }
}

describe('services that HAProxy rejects', () => {
  it('are left out one by one, of up to sixteen apps', async () => {
    const isWrong = (text: string): boolean => /backend app\d*[02468]_/.test(text)
    let draft: Draft | undefined = await draftOf(numbered(40))
    const { search } = searchOf(draft, isWrong)
    for (let found = 1; found <= 16; found++) {
      draft = draft && (await withoutCulprit(draft, unnamed, search))
      assert.equal(Object.keys(draft?.quarantine ?? {}).length, found)
    }
    assert.deepEqual(
      draft?.services.map(({ backend }) => backend).filter((name) => isWrong(`backend ${name}`)),
      ['app32_0', 'app34_0', 'app36_0', 'app38_0'],
    )
    assert.equal(draft && (await withoutCulprit(draft, unnamed, search)), undefined)
  })

  it('count once for each app, however many of its ports are wrong', async () => {
    const ports = Array.from({ length: 17 }, (_, portIndex) =>
      service('/bad', { portIndex, backend: `bad_${portIndex}` }),
    )
    let draft: Draft | undefined = await draftOf(ports)
    const { search } = searchOf(draft, (text) => text.includes('bad'))
    for (const _ of ports) draft = draft && (await withoutCulprit(draft, unnamed, search))
    assert.deepEqual(draft?.services, [])
  })

  it('are tried first where HAProxy names them, and only believed to be at fault if they are rejected alone', async () => {
    const first = await draftOf(numbered(1000))
    const { search, asked } = searchOf(first, (text) => text.includes('app700_0'))
    const named = (name: string): Rejection => ({ ...unnamed, name })
    const found = await withoutCulprit(first, named('app700_0'), search)
    assert.deepEqual([Object.keys(found?.quarantine ?? {}), asked.length], [['app700_0'], 2])
    const misled = searchOf(first, (text) => text.includes('app700_0'))
    const halved = await withoutCulprit(first, named('app5_0'), misled.search)
    assert.deepEqual(Object.keys(halved?.quarantine ?? {}), ['app700_0'])
    assert.ok(misled.asked.length < 15, `${misled.asked.length}`)
  })

  it('are not looked for where the text is rejected without any of them', async () => {
    const draft = await draftOf(numbered(3))
    assert.equal(await withoutCulprit(draft, unnamed, searchOf(draft, () => true).search), undefined)
  })

  it('are not looked for any longer than ten seconds', async () => {
    const draft = await draftOf(numbered(3))
    const { search, asked } = searchOf(draft, (text) => text !== '', Date.now() - 10_001)
    assert.equal(await withoutCulprit(draft, unnamed, search), undefined)
    assert.deepEqual(asked, [])
  })

  it('stay left out as long as they are rendered alike, whatever their servers are', async () => {
    const services = numbered(3)
    const draft = await draftOf(services)
    const { search } = searchOf(draft, (text) => text.includes('app1_0'))
    const { quarantine = {} } = (await withoutCulprit(draft, unnamed, search)) ?? {}
    assert.deepEqual(Object.keys(await stillLeftOut(services, quarantine, hashes)), ['app1_0'])
    const scaled = services.map((one) => ({ ...one, servers: [] }))
    assert.deepEqual(await stillLeftOut(scaled, quarantine, hashes), quarantine)
    const changed = services.map((one) => ({ ...one, routes: [{ host: 'a.test', path: '', weight: 7 }] }))
    assert.deepEqual(await stillLeftOut(changed, quarantine, hashes), {})
    assert.deepEqual(await stillLeftOut([], quarantine, hashes), {}, 'an app that is gone is forgotten')
  })

  it('are tried again after a quarter of an hour, and when the clock was set back', () => {
    const quarantine = { web_0: { appId: '/web', portIndex: 0, hash: 'x', reason: 'y', since: 1_000_000 } }
    const since = (ms: number): number => Object.keys(recentOf(quarantine, 1_000_000 + ms)).length
    assert.deepEqual([since(0), since(15 * 60_000 - 1), since(15 * 60_000), since(-1)], [1, 1, 0, 0])
  })

  it('end the run where none may be left out', async () => {
    const entry = { appId: '/web', portIndex: 3, hash: 'x', reason: 'because', since: 1 }
    const message = /\/web port 3 is left out: because/
    const draft = await draftOf([], { web_3: entry })
    assert.throws(() => refuseQuarantined(draft), { exit: 'invalid-config', message })
    const { quarantine: _, ...rest } = draft
    assert.doesNotThrow(() => refuseQuarantined({ ...rest, quarantine: {} }))
  })
})
