import { marathonOptions } from './marathon-options.js'
import { optional, repeated, spec } from './option-spec.js'
import * as values from './option-values.js'

const routes = 'What is routed:'
const haproxy = 'HAProxy:'
const safety = 'Safety:'
const following = 'Following Marathon:'
const output = 'Output and manners:'

/** Every option once: the flags, the environment, the config file, `--help` and the README's table all come from here. */
export const optionSpecs = {
  ...marathonOptions,

  group: repeated(
    spec(
      routes,
      '-g, --group <name>',
      'only services of this HAPROXY_GROUP; repeat for more; * is all',
      values.groups,
      ['*'],
    ),
  ),
  requireEnabled: spec(
    routes,
    '--require-enabled',
    'only services labelled HAPROXY_{n}_ENABLED=true',
    values.flag,
    'false',
  ),
  health: spec(
    routes,
    '--health <policy>',
    'which running tasks get traffic: auto, strict (known healthy only) or ignore (every one)',
    values.oneOf('auto', 'strict', 'ignore'),
    'auto',
  ),
  readiness: spec(
    routes,
    '--readiness',
    'leave out tasks known not to be ready, by their readiness checks',
    values.flag,
    'false',
  ),
  unreachable: spec(routes, '--unreachable', 'keep tasks that are LOST or UNREACHABLE', values.flag, 'false'),
  resolve: spec(
    routes,
    '--resolve <on|off>',
    "on: agents' host names become addresses in the run; off: HAProxy gets the names",
    values.onOff,
    'on',
  ),
  trustLabels: spec(
    routes,
    '--trust-labels',
    "take labels that name the host's files or bind options as they are",
    values.flag,
    'false',
  ),
  mesosDnsDomain: spec(
    routes,
    '--mesos-dns-domain <domain>',
    'every app with an http port also answers to its Mesos-DNS names in this domain',
    optional(values.domain),
  ),
  mesosFramework: spec(
    routes,
    '--mesos-framework <name>',
    'the name of Marathon as a framework of Mesos, for these names',
    values.text,
    'marathon',
  ),

  haproxyConfig: spec(haproxy, '-f, --haproxy-config <file>', 'the live file', values.path, '/etc/haproxy/haproxy.cfg'),
  templates: spec(
    haproxy,
    '-t, --templates <dir>',
    'files here replace the packaged templates of the same name',
    optional(values.path),
  ),
  bind: spec(haproxy, '--bind <address>', 'where the frontends listen', values.address, '*'),
  httpPort: spec(haproxy, '--http-port <port>', 'port of the http frontend, or off', values.portOrOff, '80'),
  httpsPort: spec(
    haproxy,
    '--https-port <port>',
    'port of the https frontend, or off; needs --ssl-cert',
    values.portOrOff,
    '443',
  ),
  statsPort: spec(
    haproxy,
    '--stats-port <port>',
    'port of the stats page on loopback, or off',
    values.portOrOff,
    '9090',
  ),
  appIdPort: spec(
    haproxy,
    '--app-id-port <port>',
    'port of a frontend that routes by the header X-Marathon-App-Id, or off',
    values.portOrOff,
    'off',
  ),
  sslCert: repeated(
    spec(
      haproxy,
      '--ssl-cert <path>',
      'certificate file or directory; turns the https frontend on; repeat for more',
      optional(values.list(values.path)),
    ),
  ),
  haproxy: spec(
    haproxy,
    '--haproxy <path>',
    'the binary that validates; none waives validation, and the report says so',
    values.textOrNone,
    'haproxy',
  ),
  reload: spec(
    haproxy,
    '--reload <how>',
    'auto, systemd, master:SOCKET, none, or a shell command',
    values.text,
    'auto',
  ),
  statsSocket: spec(
    haproxy,
    '--stats-socket <path>',
    'where the running HAProxy is asked what it loaded; none waives that proof',
    values.pathOrNone,
    '/run/haproxy/admin.sock',
  ),
  portCheck: spec(
    haproxy,
    '--port-check <on|off>',
    'try each new listener first; off where HAProxy has another network namespace',
    values.onOff,
    'on',
  ),

  stateDir: spec(
    safety,
    '--state-dir <dir>',
    'lock, memory and last proven configuration of this one live file',
    values.path,
    '/var/lib/haproxy-updater',
  ),
  timeout: spec(
    safety,
    '--timeout <duration>',
    'deadline of everything before the live file is touched',
    values.duration,
    '30s',
  ),
  maxDrop: spec(safety, '--max-drop <percent>', 'losing more of the servers at once is refused', values.percent, '50'),
  confirmAfter: spec(
    safety,
    '--confirm-after <duration>',
    'a larger loss is believed once it has lasted so long',
    values.duration,
    '2m',
  ),
  allowEmpty: spec(safety, '--allow-empty', 'believe a reply that leaves no server at all', values.flag, 'false'),
  strict: spec(
    safety,
    '--strict',
    'a service that HAProxy rejects ends the run (65); with check, a warning that is not expected fails',
    values.flag,
    'false',
  ),
  retry: spec(safety, '--retry', 'try again now after a roll-back, without waiting', values.flag, 'false'),

  follow: spec(
    following,
    '--follow <duration>',
    "after its run, stay so long from the start and run again at Marathon's events; not with --dry-run or --from",
    optional(values.duration),
  ),
  settle: spec(
    following,
    '--settle <duration>',
    'events are one burst until none has come for so long; then one run follows',
    values.duration,
    '100ms',
  ),
  settleLimit: spec(
    following,
    '--settle-limit <duration>',
    'a burst ends at the latest so long after its first event, or --settle if that is longer',
    values.duration,
    '1s',
  ),
  minReloadInterval: spec(
    following,
    '--min-reload-interval <duration>',
    'with --follow, changes are made at least so far apart',
    values.duration,
    '2s',
  ),

  dryRun: spec(output, '-n, --dry-run', 'print the difference, change nothing', values.flag, 'false'),
  splay: spec(
    output,
    '--splay <duration>',
    'wait first, up to so long, a time of its own on each host; not at a terminal',
    values.duration,
    '0',
  ),
  quiet: spec(output, '-q, --quiet', 'no line when something was changed', values.flag, 'false'),
  verbose: spec(output, '-v, --verbose', 'say everything, changed or not', values.flag, 'false'),
  json: spec(output, '--json', 'print one JSON object: what the run, check or routes found', values.flag, 'false'),
  metricsFile: spec(
    output,
    '--metrics-file <file>',
    'write metrics of each run for the textfile collector of node_exporter',
    optional(values.path),
  ),
  color: spec(
    output,
    '--color <when>',
    'colour what is printed: auto, always or never',
    values.oneOf('auto', 'always', 'never'),
    'auto',
  ),
}
