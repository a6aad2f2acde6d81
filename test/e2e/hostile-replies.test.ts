import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { get } from 'node:http'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { text as textOfStream } from 'node:stream/consumers'
import { after, describe, it } from 'node:test'
import { findHaproxy } from '../../src/haproxy/validate.js'
import { stage } from '../../src/live/staging.js'
import { settleConflicts } from '../../src/marathon/conflicts.js'
import { mergeDeployments } from '../../src/marathon/deployment-groups.js'
import { readApps } from '../../src/marathon/reply.js'
import { placeServers } from '../../src/marathon/servers.js'
import { type Rules, servicesOf } from '../../src/marathon/services.js'
import { type Configuration, configurationOf } from '../../src/render/configuration.js'
import { backendName } from '../../src/render/names.js'
import { app, httpCheck } from '../support/apps.js'
import { createCertificate } from '../support/certificate.js'
import { makeFolder } from '../support/folder.js'
import { hostileApp } from '../support/hostile.js'
import { startHttpApp } from '../support/http-app.js'
import { freePort } from '../support/ports.js'
import { runProgram } from '../support/program.js'
import { randomFrom } from '../support/random.js'
import { replyArgs, startSite } from '../support/running-site.js'

/** More rounds, or others, for a longer search: FUZZ_ROUNDS=100000 FUZZ_SEED=1. */
const rounds = Number(process.env['FUZZ_ROUNDS'] ?? 250)
/** As many rounds are shown to HAProxy together. */
const batch = 50
const seed = Number(process.env['FUZZ_SEED'] ?? 1)

const folder = makeFolder({ after })
const { pem } = createCertificate(folder)
const rules: Rules = {
  groups: ['*'],
  requireEnabled: false,
  health: 'auto',
  readiness: true,
  unreachable: false,
  trustLabels: false,
  certificates: [pem],
  mesosDns: { domain: 'plista', framework: 'marathon' },
  bindAddress: '*',
  https: true,
  byAppId: true,
  isLive: () => false,
}
const frontends = { address: '*', http: 80, https: 443, stats: 9090, appId: 9091, certificates: [pem] }
const place = {
  live: join(folder, 'haproxy.cfg'),
  templates: undefined,
  statsSocket: '/run/haproxy.sock',
  frontends,
  resolved: true,
}

/** Apps that are in order, before and behind the hostile ones by their ids. */
const goodApps = [
  app('/a/web', { ports: [10_000], labels: { HAPROXY_0_VHOST: 'a.test' }, healthChecks: [httpCheck], tasks: 2 }),
  app('/z/pay', {
    mode: 'bridge',
    ports: [10_001],
    labels: {
      HAPROXY_0_VHOST: 'a.test',
      HAPROXY_0_PATH: '/pay',
      HAPROXY_0_AUTH: 'r:bob:$1$saltsalt$0123456789abcdefghijkl',
    },
  }),
  app('/z/tcp', { mode: 'container', ports: [10_002] }),
]

/** From a reply to a configuration, where every name has the same address. */
function render(apps: unknown[]): Promise<Configuration> {
  const { services } = servicesOf(readApps({ apps }, false).apps, rules)
  const hosts = services.flatMap(({ servers }) => servers.map(({ host }) => host))
  const placed = placeServers(services, new Map(hosts.map((host) => [host, isIP(host) ? host : '127.0.0.3'])))
  const reserved = new Map([80, 443, 9090, 9091].map((port) => [port, 'own']))
  const settled = settleConflicts(mergeDeployments(placed.services), reserved)
  return configurationOf(settled.services, place, '/etc/templates')
}

/** The sections of a text by their first line. */
const sectionsOf = (text: string): Map<string, string> =>
  new Map(
    text
      .replace(/^# haproxy-updater maps: .*\n/m, '')
      .split(/\n(?=[a-z])/)
      .map((section) => [section.split('\n')[0] ?? '', section.trimEnd()]),
  )

/** What routes by maps, whose names change with every host, and what holds the marker. */
const changing = ['global', 'frontend http', 'frontend https', 'frontend app-id']

const good = await render(goodApps)
const goodSections = sectionsOf(good.text)

const word = String.raw`(?:[\w./:@=,+-]+|'(?:[^'\p{Cc}]|'\\'')*')`
const name = String.raw`[\w.:-]+`

/** Every line that a service may bring in. */
const lines = [
  String.raw`bind (\*|[\d.]+|\[[\da-f:.]+\]):\d{1,5}( ssl crt ${word})?( ${word})*`,
  'mode (http|tcp)|option (httplog|tcplog|forwardfor)',
  String.raw`http-request set-header X-Forwarded-(Proto https?|Port %\[dst_port\])`,
  `default_backend ${name}`,
  `user ${word} password ${word}`,
  String.raw`balance [\w-]+(\([\w-]+\))?( [\w-]+)*`,
  String.raw`acl allowed src --( [\da-f.:]+(/\d+)?){1,50}`,
  '(http-request deny|tcp-request content reject) unless allowed',
  String.raw`http-request redirect prefix https://%\[var\(txn\.host\)\] code 301 if \{ fe_name -m str http \}`,
  String.raw`http-request auth realm ${word} unless \{ http_auth\(users:${name}\) \}`,
  String.raw`http-request redirect location ${word} code 301 if \{ path -m str / \} \{ var\(txn\.host\) -m found \}`,
  String.raw`http-request set-path / if \{ path -m str -- ${word} \}`,
  String.raw`http-request set-path %\[path,bytes\(\d+\)\] if \{ path -m beg -- ${word} \}`,
  String.raw`acl own_location res\.fhdr\(location\) -m reg \^/\(\[\^/\]\|\$\)`,
  String.raw`acl own_location res\.fhdr\(location\),field\(3,/\),field\(1,:\),lower -m str --( [\w.-]+){1,50}`,
  `http-response replace-header Location ${word} ${word} if own_location`,
  String.raw`http-response set-header Strict-Transport-Security max-age=15768000 if \{ ssl_fc \}`,
  'cookie mesosphere_server_id insert indirect nocache httponly',
  String.raw`option httpchk GET ${word}|timeout check \d+s`,
  String.raw`server ${name} ${String.raw`(\[[\da-f:.]+\]|[\d.]+)`}:\d{1,5}( check( check-ssl verify none)? inter \d+s fall \d+)?( port \d+)?( cookie [\da-f]{10})?( weight 0)?`,
].map((form) => new RegExp(`^  (?:${form})$`, 'u'))

/** The first line of the text that neither the good apps nor the names and forms of a service account for. */
function strangerIn({ text, maps }: Configuration, apps: unknown[]): string | undefined {
  const sections = sectionsOf(text)
  for (const [head, section] of goodSections) {
    if (!changing.includes(head) && sections.get(head) !== section) return `missing or changed: ${head}`
  }
  const backends = namesOf(apps)
  for (const [head, section] of sections) {
    if (goodSections.has(head)) continue
    const [, kind, named = ''] = /^(userlist users:|frontend service:|backend )([\w.:-]+)$/.exec(head) ?? []
    if (!kind || (kind !== 'frontend service:' && !backends.has(named))) return head
    const odd = section.split('\n').find((line, at) => at > 0 && !lines.some((form) => form.test(line)))
    if (odd !== undefined) return odd
  }
  return maps
    .flatMap((map) => map.text.trimEnd().split('\n'))
    .find((line) => !/^([a-z\d_.-]+(\/\S*\/)?|\/[a-z\d./_-]+) [\w.:-]+$/.test(line))
}

const namesOf = (apps: unknown[]): Set<string> =>
  new Set(
    apps.flatMap((one) => {
      const { id } = one as { id?: unknown }
      const rooted = typeof id === 'string' ? `/${id}`.replace('//', '/') : undefined
      return rooted === undefined ? [] : [0, 1, 2, 3].map((index) => backendName(rooted, index))
    }),
  )

/** What `haproxy -c` says of a configuration it rejects. */
async function rejection(configuration: Configuration): Promise<string | undefined> {
  const staged = stage(configuration, false)
  const haproxy = spawn(findHaproxy('haproxy'), ['-c', '-f', staged.config], { stdio: ['ignore', 'ignore', 'pipe'] })
  const [said, [status]] = await Promise.all([textOfStream(haproxy.stderr), once(haproxy, 'close')])
  staged.remove()
  return status === 0 ? undefined : said
}

/** The hostile apps of a round, which share nothing with those of the other rounds of its batch. */
function hostileApps(round: number): unknown[] {
  const random = randomFrom(seed * 1_000_003 + round)
  return Array.from({ length: 1 + random(3) }, (_, at) => hostileApp((round % batch) * 3 + at, random))
}

/** What is wrong with the configuration that the good apps and these give. */
async function faultOf(hostile: unknown[], withHaproxy: boolean): Promise<string | undefined> {
  const apps = [...hostile, ...goodApps]
  const configuration = await render(apps)
  return strangerIn(configuration, apps) ?? (withHaproxy ? rejection(configuration) : undefined)
}

async function requireSound(round: number, withHaproxy: boolean): Promise<void> {
  const fault = await faultOf(hostileApps(round), withHaproxy)
  if (fault !== undefined) assert.fail(`round ${round}: ${fault}\n${JSON.stringify(hostileApps(round)).slice(0, 4000)}`)
}

/** Each round by itself, and all together before HAProxy, whose start takes longer than all of them. */
async function tryBatch(first: number): Promise<void> {
  const batched = Array.from({ length: batch }, (_, at) => first + at)
  for (const round of batched) await requireSound(round, false)
  if ((await faultOf(batched.flatMap(hostileApps), true)) === undefined) return
  for (const round of batched) await requireSound(round, true)
  assert.fail(`the rounds from ${first} are rejected together`)
}

describe('hostile texts at every place of a reply', () => {
  it(`give no line that is not of a service, and nothing that HAProxy rejects (${rounds} rounds)`, async () => {
    const firsts = Array.from({ length: Math.ceil(rounds / batch) }, (_, at) => at * batch).values()
    const worker = async (): Promise<void> => {
      for (const first of firsts) await tryBatch(first)
    }
    await Promise.all([worker(), worker()])
  })

  it('do not come between clients and the apps that are in order', async (t) => {
    const site = await startSite()
    t.after(site.end)
    const web = await startHttpApp('web')
    t.after(web.close)
    const random = randomFrom(seed)
    const hostile = Array.from({ length: 200 }, (_, number) => hostileApp(number, random))
    const labels = { HAPROXY_0_VHOST: 'good.test' }
    const apps = [...hostile, app('/good', { ports: [await freePort()], labels, tasks: [{ ports: [web.port] }] })]
    const args = ['--bind', '127.0.0.1', '--ssl-cert', pem, '--verbose']
    const result = await runProgram([...replyArgs(site, apps), ...args])
    assert.equal(result.status, 0, result.stderr)
    assert.match(result.stderr, /HAProxy runs it/)
    const options = { host: '127.0.0.1', port: site.httpPort, headers: { host: 'good.test' }, agent: false }
    const [answer] = await once(get(options), 'response')
    assert.equal(await textOfStream(answer), 'web')
  })
})
