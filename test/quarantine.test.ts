import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Draft } from '../src/compose.js'
import type { Verdict } from '../src/haproxy/validate.js'
import type { Service } from '../src/marathon/services.js'
import { leaveOut, refuseQuarantined, type Search, stillQuarantined, withoutCulprit } from '../src/quarantine.js'
import type { Configuration } from '../src/render/configuration.js'
import { service } from './support/service.js'

/** A text that names its services, and the weight of their routes as something that may change. */
const render = async (services: Service[]): Promise<Configuration> => {
  const text = services.map(({ backend, routes }) => `backend ${backend} ${routes[0]?.weight ?? 0}`).join('\n')
  return { text, marker: text, maps: [] }
}

const draftOf = async (services: Service[]): Promise<Draft> => ({
  configuration: await render(services),
  services,
  quarantine: {},
  warnings: [],
  addresses: {},
  render,
})

const numbered = (count: number): Service[] => Array.from({ length: count }, (_, at) => service(`/app${at}`))

const rejects =
  (isWrong: (text: string) => boolean) =>
  async (configuration: Configuration): Promise<Verdict> => {
    const output = '[ALERT] (1) : config : wrong.'
    return isWrong(configuration.text) ? { how: 'rejected', output, isIdle: false } : { how: 'valid', took: 1 }
  }

const searchOf = (services: Service[], isWrong: (text: string) => boolean, started = Date.now()): Search => ({
  suspects: services,
  isNew: true,
  started,
  check: rejects(isWrong),
})

describe('services that HAProxy rejects', () => {
  it('are left out one by one, up to sixteen', async () => {
    const services = numbered(40)
    const isWrong = (text: string): boolean => /backend app\d*[02468]_/.test(text)
    const search = searchOf(services, isWrong)
    let draft: Draft | undefined = await draftOf(services)
    for (let found = 1; found <= 16; found++) {
      draft = draft && (await withoutCulprit(draft, search))
      assert.equal(Object.keys(draft?.quarantine ?? {}).length, found)
    }
    assert.deepEqual(
      draft?.services.map(({ backend }) => backend).filter((name) => isWrong(`backend ${name}`)),
      ['app32_0', 'app34_0', 'app36_0', 'app38_0'],
    )
    assert.equal(draft && (await withoutCulprit(draft, search)), undefined)
  })

  it('are not looked for where the text is rejected without any of them', async () => {
    const services = numbered(3)
    assert.equal(
      await withoutCulprit(
        await draftOf(services),
        searchOf(services, () => true),
      ),
      undefined,
    )
  })

  it('are not looked for any longer than ten seconds', async () => {
    const services = numbered(3)
    const late = searchOf(services, (text) => text !== '', Date.now() - 10_001)
    assert.equal(await withoutCulprit(await draftOf(services), late), undefined)
  })

  it('stay left out as long as they are rendered alike, whatever their servers are', async () => {
    const services = numbered(3)
    const [, second] = services
    const draft = await withoutCulprit(
      await draftOf(services),
      searchOf(services, (text) => text.includes('app1_0')),
    )
    const { quarantine = {} } = draft ?? {}
    assert.deepEqual(
      (await leaveOut(services, quarantine, render)).kept.map(({ appId }) => appId),
      ['/app0', '/app2'],
    )
    const changed = { ...second, routes: [{ host: 'a.test', path: '', weight: 7 }] } as Service
    assert.deepEqual((await leaveOut([changed], quarantine, render)).kept, [changed])
    assert.deepEqual((await leaveOut([], quarantine, render)).quarantine, {}, 'an app that is gone is forgotten')
  })

  it('are tried again after a quarter of an hour, and when the clock was set back', () => {
    const quarantine = { web_0: { hash: 'x', reason: 'y', since: 1_000_000 } }
    const since = (ms: number): number => Object.keys(stillQuarantined(quarantine, 1_000_000 + ms)).length
    assert.deepEqual([since(0), since(15 * 60_000 - 1), since(15 * 60_000), since(-1)], [1, 1, 0, 0])
  })

  it('end the run where none may be left out', async () => {
    const draft = { ...(await draftOf([])), quarantine: { web_0: { hash: 'x', reason: 'because', since: 1 } } }
    assert.throws(() => refuseQuarantined(draft), { exit: 'invalid-config', message: /web_0: because/ })
    assert.doesNotThrow(() => refuseQuarantined({ ...draft, quarantine: {} }))
  })
})
