import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bindsIn, httpBackendsIn, serversIn } from '../../src/haproxy/config-text.js'
import { listenable, requireListeners } from '../../src/listeners.js'
import { summarize, unifiedDiff } from '../../src/live/diff.js'
import { replaceFile } from '../../src/live/files.js'
import { stage } from '../../src/live/staging.js'
import { settleConflicts } from '../../src/marathon/conflicts.js'
import { mergeDeployments } from '../../src/marathon/deployment-groups.js'
import { warningsIn } from '../../src/marathon/findings.js'
import { fingerprintOf } from '../../src/marathon/fingerprint.js'
import { readApps } from '../../src/marathon/reply.js'
import { placeServers } from '../../src/marathon/servers.js'
import { type Rules, servicesOf } from '../../src/marathon/services.js'
import { packagedTemplates } from '../../src/packaged.js'
import { type Rendering, routedView } from '../../src/render/configuration.js'
import { isGenuine, stamp } from '../../src/render/marker.js'
import { templatesIn } from '../../src/render/template.js'
import { everything } from '../support/rules.js'
import { clusterOf } from './cluster.js'

/** Does one step of a run, gives what it gives, and takes down its time. */
type Step = <T>(name: string, step: () => T | Promise<T>) => Promise<T>

const warmUp = { apps: 500, times: 4 }
const times = 2

/** The ms of CPU that each step of a run takes for so many apps, the lesser of two, once V8 has optimised them. */
export async function stepTimes(apps: number): Promise<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), 'hu-steps-'))
  const least: Record<string, number> = {}
  const noted: Step = async (name, step) => {
    globalThis.gc?.()
    const began = process.cpuUsage()
    const result = await step()
    const { user, system } = process.cpuUsage(began)
    least[name] = Math.min((user + system) / 1000, least[name] ?? Number.POSITIVE_INFINITY)
    return result
  }
  try {
    const small = bodyOf(clusterOf(warmUp.apps))
    for (let time = 0; time < warmUp.times; time++) await run(small, folder, async (_, step) => step())
    const body = bodyOf(clusterOf(apps))
    for (let time = 0; time < times; time++) await run(body, folder, noted)
    return least
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The ms until the difference of two texts is given up of which no line is the same. */
export async function diffTime(lines: number): Promise<number> {
  const text = (host: string): string =>
    Array.from({ length: lines }, (_, at) => `  server ${host}_${at} ${host}:${at} check inter 5s fall 4\n`).join('')
  const change = { live: 'haproxy.cfg', before: text('10.0.0.1'), after: text('10.0.0.2') }
  const began = performance.now()
  if (await unifiedDiff(change)) throw new Error('the difference was worked out')
  return performance.now() - began
}

const bodyOf = (apps: unknown[]): Buffer => Buffer.from(JSON.stringify({ apps }))

const bindAddress = '127.0.0.2'

const rules: Rules = { ...everything, bindAddress, https: true, byAppId: true }

const frontends = { address: bindAddress, http: 8080, https: 8443, stats: undefined, appId: 8081, certificates: [] }

/** A run from the body of a reply to a live file, as src/renew.ts and what it calls make it, step by step. */
async function run(body: Buffer, folder: string, step: Step): Promise<void> {
  const live = join(folder, 'haproxy.cfg')
  const place: Rendering = { live, templates: undefined, statsSocket: undefined, frontends, resolved: true }
  await step('fingerprint of the reply', () => fingerprintOf(body))
  const reply = await step('JSON.parse', () => JSON.parse(body.toString()) as { apps: unknown[] })
  const { apps, findings } = await step('apps (readApps)', () => readApps(reply, false))
  const labelled = await step('services and servers (servicesOf)', () => servicesOf(apps, rules))
  const addresses = new Map(
    labelled.services.flatMap(({ servers }) => servers.map(({ host }) => [host, host] as const)),
  )
  const placed = await step('addresses (placeServers)', () => placeServers(labelled.services, addresses))
  const merged = await step('blue and green (mergeDeployments)', () => mergeDeployments(placed.services))
  const { services } = await step('conflicts (settleConflicts)', () => settleConflicts(merged, new Map()))
  await step('each listener tried (listenable)', () => listenable(services, frontends, []))
  const { view, maps } = await step('maps and view (routedView)', () => routedView(services, place, packagedTemplates))
  const rendered = await step('templates', () => templatesIn(undefined)(view))
  const text = await step('marker (stamp)', () => stamp(rendered))
  await step('backends of the maps (httpBackendsIn)', () => httpBackendsIn(text))
  const held = await step('binds of the text (bindsIn)', () => bindsIn(text))
  await step('listeners that are held (listenable)', () => listenable(services, frontends, held))
  await step('listeners of the templates (requireListeners)', () => requireListeners(text, services, held))
  await step('warnings', () => warningsIn([...findings, ...labelled.findings]))
  await step('servers of the text, for the gate (serversIn)', () => serversIn(text))
  await step('text for validation (stage)', () => stage({ text, marker: '', maps }, false).remove())
  await step('text written (replaceFile)', () => replaceFile(live, text))
  await step('text still genuine (isGenuine)', () => isGenuine(text))
  const change = { live, before: withOthers(text), after: text }
  await step('what changed (summarize)', () => summarize(change))
  await step('the difference, of 2 % (unifiedDiff)', () => unifiedDiff(change))
}

/** The text with another first server in each fiftieth app. */
function withOthers(text: string): string {
  let server = 0
  return text.replace(/^ {2}server \S+/gm, (line) => (server++ % 250 === 0 ? `${line}-other` : line))
}
