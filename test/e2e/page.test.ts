import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { Locator } from 'playwright-core'
import { pageOf } from '../../src/routes/page.js'
import type { RoutesReport } from '../../src/routes/report.js'
import { openBrowser } from '../support/browser.js'
import { makeFile, makeFolder } from '../support/folder.js'
import { sampleReport } from '../support/sample-report.js'
import { until } from '../support/wait.js'

const folder = makeFolder({ after })
const address = pathToFileURL(join(folder, 'page.html')).href
const page = await (await openBrowser({ after })).newPage({ viewport: { width: 1280, height: 800 } })

/** Each request but for the page's file, each dialog, and each word on the console since the page was opened. */
const troubles: string[] = []
page.on(
  'request',
  (request) =>
    [address, 'about:blank'].includes(request.url().split('#')[0] ?? '') || troubles.push(`request ${request.url()}`),
)
page.on('dialog', (dialog) => troubles.push(`dialog ${dialog.message()}`) && dialog.dismiss())
page.on('console', (message) => troubles.push(`console ${message.text()}`))
page.on('pageerror', (error) => troubles.push(`error ${error}`))

/** Opens the page of a report from its file. */
async function open(report: RoutesReport, hash = ''): Promise<void> {
  troubles.length = 0
  makeFile(folder, 'page.html', pageOf(report))
  // The same address with another hash would not be loaded anew.
  await page.goto('about:blank')
  await page.goto(address + hash)
}

const visible = (): Promise<string[]> => page.locator('.service:visible h3 b').allTextContents()
const squeezed = (texts: string[]): string[] => texts.map((text) => text.replace(/\s+/g, ' ').trim())
const textsOf = async (found: Locator): Promise<string[]> => squeezed(await found.allTextContents())

describe('the page of routes in a browser', () => {
  it('shows every entrance, service and server, and what is left out', async () => {
    const report = sampleReport(40)
    await open(report)
    const { services } = report
    assert.deepEqual(
      await textsOf(page.locator('.entrances a')),
      services.flatMap(({ routes, listener, byAppId, app }) => [
        ...routes.map(({ host, path }) => host + path),
        ...(listener === null ? [] : [`service port ${listener}`]),
        ...(byAppId ? [`app id ${app}`] : []),
      ]),
    )
    assert.deepEqual(
      await textsOf(page.locator('h3')),
      services.map(({ app, port, mode }) => `${app} port ${port} ${mode}`),
    )
    assert.deepEqual(
      await textsOf(page.locator('.servers li')),
      services.flatMap(({ servers }) =>
        servers.length > 0 ? servers.map(({ host, port }) => `${host}:${port}`) : ['no server'],
      ),
    )
    const leftOut = page.locator('#left-out li')
    assert.equal(await leftOut.first().isVisible(), false)
    await page.click('text=Left out 4 >> nth=0')
    assert.ok(await leftOut.first().isVisible())
    assert.deepEqual(
      (await textsOf(leftOut))[3],
      'unhealthy /batch/job-3 port 0 job-3.instance-1 is left out: for a reason',
    )
    assert.deepEqual(troubles, [])
  })

  it('finds hosts, apps, addresses and tasks, and keeps the search in its address', async () => {
    await open(sampleReport(40))
    const found = { 'HOST-12.example': [12], '/app-7': [7], '192.0.2.77': [15], 'app-21.instance-4': [21] }
    for (const [text, apps] of Object.entries(found)) {
      await page.fill('input[type=search]', text)
      assert.deepEqual(
        (await visible()).map((app) => Number(app.split('-')[1])),
        apps,
        text,
      )
    }
    await page.press('input[type=search]', 'Enter')
    assert.deepEqual(await textsOf(page.locator('[name=services]')), ['1 of 40'])
    await page.fill('input[type=search]', '/app-7')
    assert.deepEqual(await textsOf(page.locator('.match:visible')), ['/billing/app-7 port 1 http'])
    await page.fill('input[type=search]', 'app-21.instance-4')
    assert.deepEqual(await textsOf(page.locator('.match:visible')), ['192.0.2.109:31109'])
    await open(sampleReport(40), new URL(page.url()).hash)
    assert.deepEqual(await visible(), ['/mail/app-21'])

    await page.fill('input[type=search]', 'job-2')
    assert.deepEqual(await visible(), [])
    assert.deepEqual(await textsOf(page.locator('#left-out li:visible')), [
      'conflict /batch/job-2 port 0 is left out: for a reason',
    ])
    await page.fill('input[type=search]', '')
    assert.equal((await visible()).length, 40)
    assert.deepEqual(troubles, [])
  })

  it('tells health by colour and by sign, and shows only what has trouble', async () => {
    await open(sampleReport(40))
    const looks = await page.evaluate<string[][]>(`
      [...document.querySelectorAll('.service:nth-child(5) .servers a')].map((chip) =>
        [getComputedStyle(chip).backgroundColor, getComputedStyle(chip, '::before').content])`)
    assert.deepEqual(looks.slice(0, 3), [
      ['rgb(228, 245, 233)', '"✓"'],
      ['rgb(255, 242, 210)', '"?"'],
      ['rgb(253, 230, 228)', '"✕"'],
    ])
    await page.locator('label.trouble').click()
    assert.deepEqual(await visible(), [
      '/shop/app-4',
      '/mail/app-9',
      '/billing/app-19',
      '/mail/app-29',
      '/team/very/deep/app-34',
    ])
    await page.locator('label.trouble').click()
    await page.locator('label.draining input').press('Space')
    assert.deepEqual(await visible(), ['/team/very/deep/app-6', '/billing/app-31'])
    assert.match(page.url(), /#q=&only=draining$/)
    assert.deepEqual(troubles, [])
  })

  it('shows what is connected, and where else a thing is', async () => {
    await open(sampleReport(40))
    const wires = () =>
      page.evaluate<string[]>(`[...document.querySelectorAll('path')].map((path) => getComputedStyle(path).stroke)`)
    const before = await wires()
    await page.locator('.servers').nth(2).locator('a').first().focus()
    const after = await wires()
    assert.deepEqual(
      after.flatMap((wire, at) => (wire === before[at] ? [] : [at])),
      [4, 5, 6, 7],
    )
    await page.locator('.servers').nth(5).locator('a').nth(1).focus()
    assert.deepEqual(await textsOf(page.locator('.alike')), ['agent-6.cluster.test:31026'])
    await page.keyboard.press('Enter')
    assert.deepEqual(await visible(), ['/mail/app-5'])
  })

  it('is whole in a narrow window, which scrolls', async (t) => {
    t.after(() => page.setViewportSize({ width: 1280, height: 800 }))
    await page.setViewportSize({ width: 500, height: 800 })
    const services = sampleReport(2).services.map((service) => ({ ...service, listener: '127.0.0.1:20770' }))
    await open({ ...sampleReport(2), services })
    const cut = await page.evaluate<string[]>(`[...document.querySelectorAll('.entrances a, .servers a')]
      .filter((link) => link.scrollWidth > link.clientWidth ||
        link.getBoundingClientRect().right > document.documentElement.scrollWidth)
      .map((link) => link.textContent)`)
    assert.deepEqual(cut, [])
  })

  it('lets hostile texts be texts', async () => {
    const texts = [
      '<img src=x onerror=alert(1)>',
      '</script><script>alert(1)</script>',
      `"'><svg onload=alert(1)>`,
      'javascript:alert(1)',
      '{{ 1 }}{% raw %}\\',
      '/a'.repeat(5000),
      'http://192.0.2.1/x.png',
    ]
    const [service] = sampleReport(1).services
    assert.ok(service)
    const services = texts.map((text) => ({
      ...service,
      app: text,
      backend: text,
      listener: text,
      routes: [{ host: text, path: text }],
      servers: service.servers.map((server) => ({ ...server, task: text, host: text, address: text })),
    }))
    const leftOut = texts.map((text) => ({ app: text, port: null, task: text, kind: text, says: text }))
    await open({ schema: 1, answered: '/a'.repeat(5000), services, leftOut })
    assert.deepEqual(await page.locator('h3 b').allTextContents(), texts)
    assert.deepEqual(await page.locator('#left-out code').allTextContents(), texts)
    assert.equal(await page.locator('img, iframe, script:not(:last-child), [onerror], [onload]').count(), 0)
    for (const link of await page.locator('.service a').all())
      assert.match((await link.getAttribute('href')) ?? '', /^#q=/)
    const widest = await page.evaluate<number>(`Math.max(document.documentElement.scrollWidth,
      ...[...document.querySelectorAll('.service a')].map((link) => link.getBoundingClientRect().right))`)
    assert.equal(widest, 1280)
    await page.locator('h3 a').nth(1).click()
    assert.equal(await page.inputValue('input[type=search]'), texts[1])
    assert.deepEqual(await visible(), [texts[1]])
    assert.deepEqual(troubles, [])
  })

  it('shows a thousand services, each legible and apart from the next', async () => {
    await open(sampleReport(1000))
    await page.locator('text=host-500.example.test').scrollIntoViewIfNeeded()
    const inView = `[...document.querySelectorAll('.service')].filter((row) =>
      row.getBoundingClientRect().bottom > 0 && row.getBoundingClientRect().top < innerHeight)`
    // What has come into view is laid out with one of the next frames.
    const isLaidOut = `${inView}.every((row) => row.firstElementChild.checkVisibility({ contentVisibilityAuto: true }))`
    await until(() => page.evaluate<boolean>(isLaidOut), { what: 'the rows in view' })
    const rows = await page.evaluate<{ app: string; top: number; bottom: number; smallest: number }[]>(`
      ${inView}.map((row) => {
        const boxes = [...row.querySelectorAll('a, span')].map((box) => box.getBoundingClientRect())
        const sizes = [...row.querySelectorAll('*')].map((text) => parseFloat(getComputedStyle(text).fontSize))
        return {
          app: row.querySelector('h3 b').textContent,
          top: Math.min(...boxes.map(({ top }) => top)),
          bottom: Math.max(...boxes.map(({ bottom }) => bottom)),
          smallest: Math.min(...sizes),
        }
      })`)
    assert.ok(rows.length > 5 && rows.some(({ app }) => app === '/shop/app-500'))
    rows.forEach(({ app, bottom, smallest }, at) => {
      assert.ok(smallest >= 12, `${app}: ${smallest} px`)
      assert.ok(bottom < (rows[at + 1]?.top ?? Number.POSITIVE_INFINITY), app)
    })
    assert.deepEqual(troubles, [])
  })
})
