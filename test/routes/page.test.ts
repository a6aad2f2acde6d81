import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { pageOf } from '../../src/routes/page.js'
import type { RoutesReport } from '../../src/routes/report.js'
import { sampleReport } from '../support/sample-report.js'

/** The sample with this text wherever Marathon could have put one. */
function reportWith(text: string): RoutesReport {
  const report = sampleReport(20)
  return {
    ...report,
    answered: text,
    services: report.services.map((service) => ({
      ...service,
      app: text,
      backend: text,
      listener: text,
      byAppId: true,
      routes: [{ host: text, path: text }],
      servers: service.servers.map((server) => ({ ...server, task: text, host: text, address: text })),
    })),
    leftOut: [{ app: text, port: 0, task: text, kind: text, says: text }],
  }
}

const count = (page: string, pattern: RegExp): number => [...page.matchAll(pattern)].length

describe('the page of routes', () => {
  it('loads nothing from anywhere', () => {
    const page = pageOf(sampleReport(40)).replace(/<script>.*<\/script>/s, '')
    const links = [...page.matchAll(/\b(?:href|src|srcset|action|poster|xlink:href)\s*=\s*"([^"]*)"/g)]
    assert.ok(links.length > 40)
    for (const [, target = ''] of links) assert.match(target, /^#/)
    assert.doesNotMatch(page, /@import|url\(|<(?:link|img|iframe|object|base)\b/i)
  })

  it('lets its own style and script work, and no other', () => {
    const page = pageOf(sampleReport(5))
    for (const name of ['style', 'script']) {
      const [, text = ''] = new RegExp(`<${name}>(.*?)</${name}>`, 's').exec(page) ?? []
      assert.ok(page.includes(`${name}-src 'sha256-${createHash('sha256').update(text).digest('base64')}'`), name)
    }
    assert.match(page, /content="default-src 'none';/)
  })

  it('is the same for the same report', () => {
    assert.equal(pageOf(sampleReport(40)), pageOf(sampleReport(40)))
  })

  for (const text of ['</script><script>alert(1)</script>', '<img src=x onerror=alert(1)>', `"'><b onclick=x>`]) {
    it(`makes no element or attribute of ${text}`, () => {
      const page = pageOf(reportWith(text))
      assert.ok(!page.includes(text))
      const shape = (html: string) => [count(html, /</g), count(html, />/g), count(html, /"/g)]
      assert.deepEqual(shape(page), shape(pageOf(reportWith('x'))))
    })
  }

  it('spells out what would not be seen, or would turn what is around it', () => {
    const page = pageOf(reportWith('a\u202eb\u0000c\u200bd\ud800e\u2028f'))
    assert.ok(page.includes('<b>a&#92;u{202e}b&#92;u{0}c&#92;u{200b}d&#92;u{d800}e&#92;u{2028}f</b>'))
    assert.doesNotMatch(page, /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\u2028]/u)
  })

  it('tells how many services and servers are in each state', () => {
    const page = pageOf(sampleReport(40))
    const { services } = sampleReport(40)
    const servers = services.flatMap((service) => service.servers)
    const counts = {
      trouble: 5,
      'no-server': services.filter((service) => service.servers.length === 0).length,
      unhealthy: servers.filter(({ health }) => health === 'unhealthy').length,
      unknown: servers.filter(({ health }) => health === 'unknown').length,
      healthy: servers.filter(({ health }) => health === 'healthy').length,
      unchecked: servers.filter(({ health }) => health === 'unchecked').length,
      draining: servers.filter(({ draining }) => draining).length,
    }
    for (const [state, number] of Object.entries(counts)) assert.ok(page.includes(`>${state} <b>${number}</b>`), state)
  })

  it('shows the host of a server, with the brackets of IPv6, and tells its task and address', () => {
    const [first, ...others] = sampleReport(1).services
    assert.ok(first)
    const server = { task: 't.1', host: '2001:db8::1', address: '2001:db8::2', port: 80, draining: true } as const
    const servers = [{ ...server, health: 'unknown' as const }]
    const page = pageOf({ ...sampleReport(0), services: [{ ...first, servers }, ...others] })
    assert.ok(page.includes('<b>[2001:db8::1]</b>:80'))
    assert.ok(page.includes('title="unknown, draining: task t.1 at [2001:db8::2]:80"'))
  })

  it('is small', () => {
    assert.ok(pageOf(sampleReport(0)).length < 12_000)
    assert.ok(pageOf(sampleReport(1000)).length < 2_000_000)
  })

  it('can be made of nothing', () => {
    assert.match(pageOf({ schema: 1, answered: '-', services: [], leftOut: [] }), /Services <output name="services">0</)
  })
})
