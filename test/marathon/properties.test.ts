import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { settleConflicts } from '../../src/marathon/conflicts.js'
import { mergeDeployments } from '../../src/marathon/deployment-groups.js'
import { readApps } from '../../src/marathon/reply.js'
import { type Rules, type Service, servicesOf } from '../../src/marathon/services.js'
import { type Configuration, configurationOf } from '../../src/render/configuration.js'
import { bindText } from '../../src/render/names.js'
import { anyCluster, anySpec, distinctApps } from '../support/any-apps.js'
import { app } from '../support/apps.js'
import { everything } from '../support/rules.js'

type App = ReturnType<typeof app>

const rules: Rules = {
  ...everything,
  https: true,
  mesosDns: { domain: 'mesos', framework: 'marathon' },
  isLive: (_backend, server) => server.endsWith('1'),
}
const certificates = ['/etc/haproxy/site.pem']
const place = {
  live: '/etc/haproxy/haproxy.cfg',
  templates: undefined,
  statsSocket: '/run/haproxy/admin.sock',
  frontends: { address: '*', http: 80, https: 443, stats: 9090, appId: 9091, certificates },
  resolved: true,
}
const reserved = new Map([[80, 'http']])

const labelled = (apps: App[]): Service[] => mergeDeployments(servicesOf(readApps({ apps }, true).apps, rules).services)

async function rendered(apps: App[]): Promise<Configuration & { services: Service[] }> {
  const { services } = settleConflicts(labelled(apps), reserved)
  return { services, ...(await configurationOf(services, place, '/usr/share/templates')) }
}

/** The same JSON with the keys of each object, and the items of these lists, in the order of random numbers. */
function reordered(value: unknown, random: () => number, isSet = true): unknown {
  const mixed = <T>(items: T[]): T[] =>
    items
      .map((item) => [random(), item] as const)
      .sort(([a], [b]) => a - b)
      .map(([, item]) => item)
  if (Array.isArray(value)) {
    const items = value.map((item) => reordered(item, random))
    return isSet ? mixed(items) : items
  }
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).map(([key, item]) => [key, reordered(item, random, key === 'tasks')])
  return Object.fromEntries(mixed(entries))
}

/** The lines of each section of a text, by the line that begins it; the marker is left out. */
function sectionsOf(text: string): Map<string, string[]> {
  const sections = new Map<string, string[]>()
  let lines: string[] = []
  for (const line of text.split('\n').filter((each) => /^\s*[^\s#]/.test(each) && !each.includes('sha256:'))) {
    if (!line.startsWith(' ')) {
      lines = []
      assert.ok(!sections.has(line), `${line} is there twice`)
      sections.set(line, lines)
    } else lines.push(line.trim())
  }
  return sections
}

const mapLines = ({ maps }: Configuration): string[] => maps.flatMap(({ text }) => text.trimEnd().split('\n'))

/** A line without the names of maps and the length of their keys. */
const bare = (line: string): string => line.replace(/[0-9a-f]{12}\.map/g, 'map').replace(/bytes\(0,\d+\)/, 'bytes')

const runs = { numRuns: 40 }

describe('a configuration', () => {
  it('is the same bytes in whatever order apps, tasks and keys come', async () => {
    await fc.assert(
      fc.asyncProperty(anyCluster, fc.infiniteStream(fc.double({ noNaN: true })), async (apps, numbers) => {
        const other = reordered(apps, () => numbers.next().value) as App[]
        assert.deepEqual(await rendered(other), await rendered(apps))
      }),
      { numRuns: 100 },
    )
  })

  it('has only lines of a new app more, where its id, ports and hosts are its own', async () => {
    const newcomer = anySpec.map((given) => {
      const own = Object.entries(given.labels ?? {}).filter(([name]) => !/VHOST|PORT$|DEPLOYMENT/.test(name))
      const ports = (given.ports ?? []).map((_port, at) => 20000 + at)
      return app('/new/comer', { ...given, ports, labels: { ...Object.fromEntries(own), HAPROXY_0_VHOST: 'new.test' } })
    })
    await fc.assert(
      fc.asyncProperty(anyCluster, newcomer, async (apps, added) => {
        const [before, after] = [await rendered(apps), await rendered([...apps, added])]
        const [old, now] = [sectionsOf(before.text), sectionsOf(after.text)]
        for (const [start, lines] of old) {
          const kept = now.get(start)?.map(bare) ?? []
          if (/^frontend (http|https|app-id)$/.test(start))
            assert.ok(
              lines.every((line) => kept.includes(bare(line))),
              start,
            )
          else assert.deepEqual(now.get(start), lines, start)
        }
        for (const start of now.keys()) {
          assert.ok(
            old.has(start) || /^(frontend service:(.*:)?2000\d|(backend |userlist users:)new_comer_\d)$/.test(start),
            start,
          )
        }
        const more = mapLines(after).filter((line) => !mapLines(before).includes(line))
        assert.ok(more.every((line) => / new_comer_\d$/.test(line)))
        assert.equal(mapLines(after).length, mapLines(before).length + more.length)
      }),
      runs,
    )
  })

  it('has no name twice, and names that no other app changes', async () => {
    await fc.assert(
      fc.asyncProperty(distinctApps, async (apps) => {
        const { services, text } = await rendered(apps)
        const names = [...text.matchAll(/^(?:frontend|backend|listen) (\S+)/gm)].map((match) => match[1])
        assert.equal(new Set(names).size, names.length)
        for (const [start, lines] of sectionsOf(text)) {
          const servers = lines.flatMap((line) => /^server (\S+)/.exec(line)?.[1] ?? [])
          assert.equal(new Set(servers).size, servers.length, start)
        }
        const alone = apps.flatMap((one) => labelled([one]))
        for (const { appId, portIndex, backend, servers } of services) {
          const same = alone.find((service) => service.appId === appId && service.portIndex === portIndex)
          assert.ok(same)
          assert.equal(backend, same.backend)
          if (same.deployment === undefined) assert.deepEqual(servers, same.servers)
        }
      }),
      runs,
    )
  })

  it('leads to every service by its listener and each of its routes, and nowhere else', async () => {
    await fc.assert(
      fc.asyncProperty(anyCluster, async (apps) => {
        const { services, ...configuration } = await rendered(apps)
        const sections = sectionsOf(configuration.text)
        const entrances = [...sections]
          .filter(([start]) => start.startsWith('frontend service:'))
          .map(([, lines]) => lines)
        const routes = mapLines(configuration).filter((line) => !line.startsWith('/'))
        for (const { backend, mode, listener, routes: wanted } of services) {
          assert.ok(sections.get(`backend ${backend}`)?.includes(`mode ${mode}`))
          const leading = entrances.filter((lines) => lines.includes(`default_backend ${backend}`))
          assert.equal(leading.length, listener ? 1 : 0)
          if (listener) assert.ok(leading[0]?.some((line) => `${line} `.startsWith(`bind ${bindText(listener)} `)))
          const lines = wanted.map(({ host, path }) => `${host}${path === '' ? '' : `${path}/`} ${backend}`)
          assert.deepEqual(routes.filter((line) => line.endsWith(` ${backend}`)).sort(), lines.sort())
        }
        assert.equal(entrances.length, services.filter(({ listener }) => listener).length)
        assert.equal(routes.length, services.flatMap((service) => service.routes).length)
        assert.equal(new Set(routes.map((line) => line.split(' ')[0])).size, routes.length)
      }),
      runs,
    )
  })

  it('without one task is the same without exactly its servers', async () => {
    const steady = distinctApps.map((apps) =>
      apps.map((one, at) => ({
        ...one,
        labels: Object.fromEntries(
          Object.entries(one['labels'] ?? {}).filter(([name]) => !name.includes('DEPLOYMENT')),
        ),
        tasks: (one['tasks'] as Record<string, unknown>[]).map((each, index) => ({
          ...each,
          id: `${at}-${index}`,
          host: `10.0.${at}.${index}`,
          ipAddresses: [{ ipAddress: `10.1.${at}.${index}` }],
          healthCheckResults: [{ alive: true }],
        })),
      })),
    )
    await fc.assert(
      fc.asyncProperty(steady, fc.nat(), fc.nat(), async (apps, which, whose) => {
        const chosen = apps[whose % apps.length]
        const gone = chosen?.tasks[which % chosen.tasks.length]
        if (!chosen || !gone) return
        const fewer = apps.map((one) =>
          one === chosen ? { ...one, tasks: one.tasks.filter((each) => each !== gone) } : one,
        )
        const [before, after] = [await rendered(apps), await rendered(fewer)]
        const expected = sectionsOf(before.text)
        for (const { backend, servers } of before.services) {
          const names: string[] = servers
            .filter(({ taskId }) => taskId === gone.id)
            .map(({ name }) => `server ${name} `)
          const lines = expected.get(`backend ${backend}`) ?? []
          const left = lines.filter((line) => !names.some((name) => line.startsWith(name)))
          assert.equal(left.length, lines.length - names.length)
          expected.set(`backend ${backend}`, left)
        }
        assert.deepEqual([sectionsOf(after.text), after.maps], [expected, before.maps])
      }),
      runs,
    )
  })
})
