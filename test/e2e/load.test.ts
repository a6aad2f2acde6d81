import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { app } from '../support/apps.js'
import { type HttpApp, startHttpApp } from '../support/http-app.js'
import { startLoad } from '../support/load.js'
import { freePort } from '../support/ports.js'
import { liveText, markerOf, type RunningSite, runAt, startSite } from '../support/running-site.js'

describe('a run under load', () => {
  let site: RunningSite
  let red: HttpApp
  let blue: HttpApp

  before(async () => {
    site = await startSite()
    ;[red, blue] = [await startHttpApp('red'), await startHttpApp('blue')]
  })

  after(async () => {
    await site.end()
    await Promise.all([red.close(), blue.close()])
  })

  it('makes twenty changes in a row live, each proven, without one failed request', async (t) => {
    const ports = [await freePort()]
    const web = (...tasks: HttpApp[]) => [
      app('/web', {
        ports,
        labels: { HAPROXY_0_VHOST: 'web.test' },
        tasks: tasks.map(({ port }) => ({ ports: [port] })),
      }),
    ]
    const scalings = [web(red), web(red, blue), web(blue), web(blue, red)]
    assert.equal((await runAt(site, web(red, blue))).status, 0)
    const load = startLoad(`http://127.0.0.1:${site.httpPort}/`, { host: 'web.test' })
    t.after(load.stop)
    for (let change = 0; change < 20; change++) {
      const before = liveText(site)
      const { status, stderr } = await runAt(site, scalings[change % scalings.length] ?? [])
      assert.equal(status, 0, stderr)
      assert.notEqual(liveText(site), before)
      assert.equal(await site.haproxy.running(), markerOf(liveText(site)))
    }
    const { ok, failed, failures } = await load.stop()
    assert.deepEqual([failed, failures], [0, []])
    assert.ok(ok > 200, `${ok} requests`)
    assert.equal(red.requests + blue.requests, ok)
  })
})
