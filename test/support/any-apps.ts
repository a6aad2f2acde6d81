import fc from 'fast-check'
import { type AppSpec, app, httpCheck, type TaskSpec } from './apps.js'

/** Labels of a port; one of them may leave its service out. */
const portLabels = fc
  .record(
    {
      VHOST: fc.constantFrom('a.test', 'b.test,a.test', 'www.c.test'),
      PATH: fc.constantFrom('/', '/x', '/x/y /z'),
      BACKEND_WEIGHT: fc.constantFrom('0', '5', '-1'),
      MODE: fc.constantFrom('http', 'tcp'),
      PORT: fc.constantFrom('80', '8000', '8001'),
      BIND_ADDR: fc.constantFrom('127.0.0.1', '::1', '*'),
      AUTH: fc.constant('r:joe:abNANd1rDfiNc'),
      STICKY: fc.constantFrom('true', 'false'),
      REDIRECT_TO_HTTPS: fc.constant('true'),
      BACKEND_NETWORK_ALLOWED_ACL: fc.constant('10.0.0.0/8 fd00::/8'),
      HTTP_BACKEND_REVPROXY_PATH: fc.constant('/x'),
      BACKEND_HTTP_OPTIONS: fc.constantFrom('  option x', '  option x', '  http-request deny'),
    },
    { requiredKeys: [] },
  )
  .map((given) => Object.entries(given))

const deployment = fc.record(
  {
    HAPROXY_DEPLOYMENT_GROUP: fc.constantFrom('blue', ''),
    HAPROXY_DEPLOYMENT_STARTED_AT: fc.constantFrom('2024-01-01T00:00', '2024-01-02T00:00'),
  },
  { requiredKeys: ['HAPROXY_DEPLOYMENT_GROUP'] },
)

const labels = fc
  .tuple(deployment, fc.array(portLabels, { maxLength: 3 }))
  .map(([group, ports]) =>
    Object.assign(
      group,
      Object.fromEntries(ports.flatMap((port, at) => port.map(([name, value]) => [`HAPROXY_${at}_${name}`, value]))),
    ),
  )

const task: fc.Arbitrary<TaskSpec> = fc.record(
  {
    id: fc.constantFrom('a', 'b', 'c'),
    host: fc.constantFrom('agent-1', 'agent-1', 'fd00::2', ''),
    ports: fc.array(fc.integer({ min: 31000, max: 31002 }), { minLength: 1, maxLength: 3 }),
    state: fc.constantFrom('TASK_RUNNING', 'TASK_RUNNING', 'TASK_KILLING'),
    health: fc.constantFrom('healthy', 'unhealthy', 'unknown'),
  },
  { requiredKeys: ['host', 'ports'] },
)

const checks = [[], [httpCheck], [{ ...httpCheck, protocol: 'TCP' }], [{ ...httpCheck, portIndex: 1 }]]

/** Any app that a test may say. */
export const anySpec: fc.Arbitrary<AppSpec> = fc.record({
  ports: fc.array(fc.constantFrom(0, 10000, 10001, 10002, 10003), { maxLength: 3 }),
  mode: fc.constantFrom('host', 'bridge', 'container'),
  labels,
  healthChecks: fc.constantFrom(...checks),
  tasks: fc.array(task, { maxLength: 4 }),
})

const segment = fc.constantFrom('shop', 'web', 'a-b', 'a.b', 'a_b', 'Cart', 'x'.repeat(210))
const id = fc.array(segment, { minLength: 1, maxLength: 2 }).map((segments) => `/${segments.join('/')}`)
const oneApp = fc.tuple(id, anySpec).map(([name, given]) => app(name, given))

/** Any few apps, some of them with one id or one group. */
export const anyCluster = fc.array(oneApp, { maxLength: 6 })

/** Any few apps, each with an id of its own. */
export const distinctApps = fc.uniqueArray(oneApp, { maxLength: 6, selector: (one) => one['id'] })
