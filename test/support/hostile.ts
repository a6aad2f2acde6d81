import { app, httpCheck } from './apps.js'

type Json = Record<string, unknown>
type Random = (limit: number) => number

/** Stands in every hostile text, so that it is found wherever it comes out. */
const stain = 'zqstain'

const hash = '$1$saltsalt$0123456789abcdefghijkl'

/** Texts that have broken generators of configurations, and the shapes of HAProxy's own language. */
const texts = [
  `x\n  server ${stain} 127.0.0.9:9`,
  `\nfrontend ${stain}\n  bind 127.0.0.1:1\n`,
  `\r\nbackend ${stain}\r\n`,
  `${stain}'`,
  `${stain}' '`,
  `"${stain}`,
  `'; ${stain} "`,
  `\\${stain}\\`,
  `${stain}\\`,
  `a#${stain}`,
  `# ${stain}`,
  `$${stain}`,
  `"$HOME" ${stain}`,
  `\${HOME}${stain}`,
  `%[env(HOME)]${stain}`,
  `%${stain}%`,
  `%%[src]${stain}`,
  `-f /etc/passwd ${stain}`,
  '-f /etc/passwd',
  '-i',
  `-- ${stain}`,
  `{ always_true } ${stain}`,
  `/x if { always_true } ${stain}`,
  `${stain}\u0000`,
  '\u0000',
  `${stain}\u0085${stain}`,
  `${stain}\u2028`,
  `é${stain}ü`,
  '\u{1f4a9}',
  `${stain}\ud800`,
  `${stain}\t`,
  `\x1b[31m${stain}`,
  `${stain}<%= 1 %>{{ 1 }}{% for x in y %}`,
  `/../${stain}`,
  `/${stain}/../../etc/passwd`,
  `//${stain}`,
  `*.${stain}.test`,
  `${stain}..test`,
  `-${stain}.test`,
  `${stain}.test:80`,
  '0.0.0.0',
  '::',
  '*',
  `::1%${stain}`,
  '[::1]:80',
  '999.1.1.1',
  '127.0.0.1/99',
  '127.0.0.0/8',
  `realm:${stain}:${hash}`,
  `re"alm:${stain}:${hash}`,
  `realm:${stain}:plain`,
  '$6$rounds=999999999$saltsalt$x',
  `realm:u:$6$rounds=999999999$saltsalt$${'x'.repeat(86)}`,
  `leastconn\n  server ${stain} 127.0.0.9:9`,
  'hdr()',
  'uri depth 0',
  'random(0)',
  `accept-proxy crt /etc/${stain}.pem`,
  'ssl crt /etc/passwd',
  'maxconn 1 interface lo',
  'true',
  'false',
  'yes\nno',
  '',
  ' ',
  ',,,',
  '0',
  '-1',
  '1e3',
  '080',
  '65536',
  '4294967296',
  '99999999999999999999',
  'NaN',
  '__proto__',
  'constructor',
  `/${stain}`,
  `/${stain}/a b`,
  `/${stain}?a=b#c`,
  `/${stain}$1\\1`,
  `/(${stain})+[^x]|.*`,
  `${stain}${'x'.repeat(300)}`,
  stain.repeat(100_000 / stain.length),
]

const others: unknown[] = [null, [], {}, 0, -1, 1.5, 80, 65_536, 1e300, true, false, [null], [[]], { a: null }]

const labelNames = [
  ...['GROUP', 'VHOST', 'PATH', 'BACKEND_WEIGHT', 'MODE', 'PORT', 'BIND_ADDR', 'BIND_OPTIONS', 'SSL_CERT', 'BALANCE'],
  ...['STICKY', 'AUTH', 'REDIRECT_TO_HTTPS', 'USE_HSTS', 'ENABLED', 'BACKEND_NETWORK_ALLOWED_ACL'],
  ...['BACKEND_HEALTHCHECK_PORT_INDEX', 'HTTP_BACKEND_PROXYPASS_PATH', 'HTTP_BACKEND_REVPROXY_PATH'],
  ...['HTTP_BACKEND_REDIR', 'BACKEND_SERVER_OPTIONS', 'FRONTEND_HEAD', 'NO_SUCH_LABEL'],
]

/** Labels that are all in order, for an app whose number makes its hosts and ports its own. */
const goodLabels = (number: number): Record<string, string> => ({
  HAPROXY_GROUP: 'external',
  HAPROXY_0_VHOST: `h${number}.test, www.h${number}.test`,
  HAPROXY_0_PATH: '/some /other/path',
  HAPROXY_0_BACKEND_WEIGHT: '3',
  HAPROXY_0_BALANCE: 'leastconn',
  HAPROXY_0_STICKY: 'true',
  HAPROXY_0_AUTH: `my realm:bob:${hash}`,
  HAPROXY_0_REDIRECT_TO_HTTPS: 'true',
  HAPROXY_0_USE_HSTS: 'true',
  HAPROXY_0_BACKEND_NETWORK_ALLOWED_ACL: '10.0.0.0/8 127.0.0.1 fd00::/8',
  HAPROXY_0_HTTP_BACKEND_PROXYPASS_PATH: '/some',
  HAPROXY_0_HTTP_BACKEND_REVPROXY_PATH: '/some',
  HAPROXY_0_HTTP_BACKEND_REDIR: '/some/start?a=b',
  HAPROXY_0_BACKEND_HEALTHCHECK_PORT_INDEX: '1',
  HAPROXY_1_BIND_OPTIONS: 'accept-proxy',
  HAPROXY_DEPLOYMENT_GROUP: `group${number}`,
  HAPROXY_DEPLOYMENT_STARTED_AT: '2016-02-01T14:13:42.499089',
  HAPROXY_DEPLOYMENT_TARGET_INSTANCES: '2',
})

/** An app with everything in it, of one of the shapes that Marathon has given its replies. */
function fullApp(number: number, random: Random): Json {
  const mode = pick(['host', 'bridge', 'container'] as const, random) ?? 'host'
  const ports = [20_000 + 2 * number, 20_001 + 2 * number]
  const shared = {
    mode,
    labels: goodLabels(number),
    healthChecks: [{ ...httpCheck, path: '/health' }],
    readinessChecks: [{ name: 'ready' }],
    readinessCheckResults: [],
    tasks: [{ host: '127.0.0.1' }, { host: '127.0.0.2' }],
  }
  const built = app(`/hostile/app${number}`, { ...shared, ports })
  if (random(4) > 0) return built
  const { networks: _, container: __, portDefinitions: ___, ...older } = built
  const discovery = { ports: [{ number: 8080, name: 'http', protocol: 'tcp' }] }
  return random(2) ? { ...older, ports } : { ...older, ports, ipAddress: { discovery, networkName: 'calico' } }
}

/**
 * An app that is in order but for one or two places, where something else stands: a value, a key, or a label more. It comes as JSON
 * does, in which a list has no holes.
 */
export function hostileApp(number: number, random: Random): Json {
  const hostile = fullApp(number, random)
  for (let places = 1 + random(2); places > 0; places--) {
    if (random(3) === 0) addLabel(hostile, random)
    else damage(hostile, random)
  }
  return JSON.parse(JSON.stringify(hostile))
}

function addLabel(root: Json, random: Random): void {
  const labels = root['labels']
  if (isObject(labels)) labels[`HAPROXY_${random(2)}_${pick(labelNames, random)}`] = textOf(random)
}

/** Keys that lead to what is rendered, which the way through an app takes more often than others. */
const telling =
  /^(\d+|id|labels|HAPROXY_.*|tasks|host|ports?|ipAddress(es)?|healthChecks|path|protocol|portIndex|container|portMappings|portDefinitions|(host|container|service)Port|networks|mode|discovery|number|state)$/

function damage(root: Json, random: Random): void {
  let holder = root
  for (;;) {
    const keys = Object.keys(holder)
    const key = pick(random(4) > 0 ? keys.filter((one) => telling.test(one)) : keys, random)
    if (key === undefined) return
    const value = holder[key]
    if (isObject(value) && random(10) > 0) {
      holder = value
      continue
    }
    const changed = random(5) === 0 ? structuredClone(pick(others, random)) : textOf(random)
    if (random(12) > 0) holder[key] = changed
    else Object.defineProperty(holder, textOf(random), { value, enumerable: true, configurable: true, writable: true })
    return
  }
}

/** One of the texts, or two together, or random signs. */
function textOf(random: Random): string {
  const signs = (): string => String.fromCharCode(...Array.from({ length: 1 + random(12) }, () => random(256)))
  const kind = random(8)
  if (kind === 0) return signs() + stain
  return kind === 1 ? `${pick(texts, random)}${pick(texts, random)}` : (pick(texts, random) ?? '')
}

const pick = <T>(items: readonly T[], random: Random): T | undefined => items[random(items.length)]

/** Objects and lists alike: both have keys. */
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null
