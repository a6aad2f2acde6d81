import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { warningsIn } from '../../src/marathon/findings.js'
import { readApps } from '../../src/marathon/reply.js'
import { type Rules, type Service, servicesOf } from '../../src/marathon/services.js'
import { type AppSpec, app, httpCheck } from '../support/apps.js'
import { everything } from '../support/rules.js'

const servicesIn = (apps: unknown[], rules: Partial<Rules> = {}) =>
  servicesOf(readApps({ apps }, false).apps, { ...everything, ...rules })

function warnedIn(apps: unknown[], rules: Partial<Rules> = {}): { services: Service[]; warnings: string[] } {
  const { services, findings } = servicesIn(apps, rules)
  return { services, warnings: warningsIn(findings) }
}

/** The only service of one app, and the warnings. */
function only(spec: AppSpec, rules: Partial<Rules> = {}): { service: Service; warnings: string[] } {
  const { services, warnings } = warnedIn([app('/web', spec)], rules)
  assert.equal(services.length, 1)
  return { service: services[0] as Service, warnings }
}

const serviceOf = (spec: AppSpec, rules: Partial<Rules> = {}): Service => only(spec, rules).service
const namesOf = (services: Service[]): string[] => services.map(({ backend }) => backend)

/** Labels of an app's first port. */
const labels = (given: Record<string, string>) => ({
  labels: Object.fromEntries(Object.entries(given).map(([name, value]) => [`HAPROXY_0_${name}`, value])),
})

describe('the services of a reply', () => {
  it('are one for each tcp port of each app, sorted by app and port', () => {
    const { services, warnings } = warnedIn([app('/b', { ports: [10003, 10001] }), app('/a/x', { ports: [10002] })])
    assert.deepEqual(
      services.map(({ backend, appId, portIndex, listener }) => [backend, appId, portIndex, listener?.port]),
      [
        ['a_x_0', '/a/x', 0, 10002],
        ['b_0', '/b', 0, 10003],
        ['b_1', '/b', 1, 10001],
      ],
    )
    assert.deepEqual(warnings, [])
  })

  it('leave out UDP, whatever its labels say, and keep the index of what follows', () => {
    const portDefinitions = [
      { port: 53, protocol: 'udp' },
      { port: 10001, protocol: 'tcp' },
    ]
    const { services, warnings } = warnedIn([
      app('/dns', { portDefinitions, ...labels({ PORT: 'x', VHOST: 'a.test' }) }),
    ])
    assert.deepEqual([namesOf(services), warnings], [['dns_1'], []])
  })

  it('are those of the first thousand ports of an app, with a warning', () => {
    const ports = Array.from({ length: 1001 }, (_, at) => 10_000 + at)
    const { services, warnings } = warnedIn([app('/web', { ports, tasks: 0 }), app('/z')])
    assert.deepEqual([services.length, services.at(-1)?.appId], [1001, '/z'])
    assert.deepEqual(warnings, ['/web has 1001 ports: those from 1000 on are passed over'])
  })

  it('leave out a port that nobody could reach: without service port, host, and frontend by app id', () => {
    const unreachable = app('/web', { ports: [0, 10001, 0], labels: { HAPROXY_2_MODE: 'http' } })
    assert.deepEqual(namesOf(servicesIn([unreachable]).services), ['web_1'])
    assert.deepEqual(namesOf(servicesIn([unreachable], { byAppId: true }).services), ['web_1', 'web_2'])
    const named = { ...unreachable, labels: { HAPROXY_0_VHOST: 'a.test' } }
    assert.deepEqual(namesOf(servicesIn([named]).services), ['web_0', 'web_1'])
  })

  it('keep one whose tasks are all gone, without servers', () => {
    assert.deepEqual(serviceOf({ tasks: [{ state: 'TASK_KILLING' }] }).servers, [])
    assert.deepEqual(serviceOf({ tasks: 0 }).servers, [])
  })

  it('say why a port has none, by the field, label or option that decides', () => {
    const udp = { portDefinitions: [{ port: 53, protocol: 'udp' }] }
    const cases: [string, string, AppSpec, Partial<Rules>?][] = [
      ['udp-only', 'its protocol is udp', udp],
      ['other-group', 'it has no HAPROXY_GROUP (see --group)', {}, { groups: ['a'] }],
      ['other-group', 'its HAPROXY_GROUP is "b,c" (see --group)', labels({ GROUP: 'b, c' }), { groups: ['a'] }],
      ['disabled', 'its label HAPROXY_0_ENABLED is false', labels({ ENABLED: 'no' })],
      ['disabled', 'it has no label HAPROXY_0_ENABLED=true (see --require-enabled)', {}, { requireEnabled: true }],
      ['no-way-in', 'it has neither a service port nor a host', { portDefinitions: [{ port: 0 }] }],
    ]
    for (const [kind, why, spec, rules] of cases) {
      const { services, findings } = servicesIn([app('/web', { ...spec, tasks: 0 })], rules)
      const found = { kind, appId: '/web', portIndex: 0, says: `is left out: ${why}` }
      assert.deepEqual([services, findings], [[], [found]])
    }
  })

  it('leave out one whose labels are wrong, named in a warning, and no other', () => {
    const bad = { HAPROXY_0_PORT: 'x', HAPROXY_1_VHOST: 'b.test' }
    const { services, warnings } = warnedIn([app('/web', { ports: [10000, 10001], labels: bad }), app('/z')])
    assert.deepEqual(namesOf(services), ['web_1', 'z_0'])
    assert.deepEqual(warnings, [
      '/web port 0 is left out: label HAPROXY_0_PORT is "x", which is not a port from 1 to 65535',
    ])
  })

  it('have one warning for each label of marathon-lb that is a template', () => {
    const { service, warnings } = only(labels({ FRONTEND_HEAD: 'x', BACKEND_HEAD: 'x', VHOST: 'a.test' }))
    assert.equal(service.routes.length, 1)
    assert.deepEqual(
      warnings,
      ['BACKEND', 'FRONTEND'].map(
        (name) => `/web port 0 has the label HAPROXY_0_${name}_HEAD, a template of marathon-lb that is passed over`,
      ),
    )
  })
})

describe('the services that are wanted', () => {
  it('are those of the groups; * is all, with a group or without', () => {
    const labelled = (group: string) => app(`/${group}`, { labels: { HAPROXY_GROUP: group } })
    const apps = [labelled('external'), labelled('internal'), app('/none')]
    const wanted = (...groups: string[]) => namesOf(servicesIn(apps, { groups }).services)
    assert.deepEqual(wanted('*'), ['external_0', 'internal_0', 'none_0'])
    assert.deepEqual(wanted('external'), ['external_0'])
    assert.deepEqual(wanted('external', 'internal'), ['external_0', 'internal_0'])
    assert.deepEqual(wanted('other'), [])
    const both = app('/both', { labels: { HAPROXY_GROUP: 'external,internal' } })
    assert.deepEqual(namesOf(servicesIn([both], { groups: ['internal'] }).services), ['both_0'])
    const perPort = app('/two', { ports: [10000, 10001], labels: { HAPROXY_GROUP: 'a', HAPROXY_1_GROUP: 'b' } })
    assert.deepEqual(namesOf(servicesIn([perPort], { groups: ['b'] }).services), ['two_1'])
  })

  it('are those that are not switched off, or only those that are switched on', () => {
    const apps = ['true', 'false', undefined].map((enabled) =>
      app(`/${enabled}`, { labels: enabled === undefined ? {} : { HAPROXY_0_ENABLED: enabled } }),
    )
    assert.deepEqual(namesOf(servicesIn(apps).services), ['true_0', 'undefined_0'])
    assert.deepEqual(namesOf(servicesIn(apps, { requireEnabled: true }).services), ['true_0'])
  })

  it('are told before any other label is read, so that nobody is warned of what is not wanted here', () => {
    const bad = { PORT: 'x', NO_SUCH_THING: 'x', AUTH: '' }
    const cases: [Record<string, string>, Partial<Rules>][] = [
      [{ ...bad, GROUP: 'internal', ENABLED: 'maybe' }, { groups: ['external'] }],
      [{ ...bad, ENABLED: 'false' }, {}],
      [{ ...bad, ENABLED: '' }, {}],
      [bad, { requireEnabled: true }],
      [bad, { groups: ['external'] }],
    ]
    for (const [given, rules] of cases) {
      assert.deepEqual(warnedIn([app('/web', labels(given))], rules), { services: [], warnings: [] })
      assert.equal(warnedIn([app('/web', labels(bad))]).warnings.length, 1)
    }
  })

  it('are not known where the switch is neither on nor off', () => {
    const { services, warnings } = warnedIn([app('/web', labels({ ENABLED: 'maybe', GROUP: 'a' }))], {
      groups: ['a'],
    })
    assert.deepEqual(services, [])
    assert.match(warnings.join(), /^\/web port 0 is left out: label HAPROXY_0_ENABLED is "maybe"/)
  })
})

describe('a service', () => {
  const second = { ...httpCheck, portIndex: 1 }

  it('is http by its label, its host or its own check, and else tcp', () => {
    const cases: [AppSpec, Service['mode']][] = [
      [{}, 'tcp'],
      [labels({ VHOST: 'a.test' }), 'http'],
      [{ healthChecks: [httpCheck] }, 'http'],
      [{ healthChecks: [{ ...httpCheck, protocol: 'TCP' }] }, 'tcp'],
      [{ healthChecks: [{ ...httpCheck, protocol: 'HTTPS' }] }, 'tcp'],
      [labels({ MODE: 'http' }), 'http'],
      [{ ...labels({ MODE: 'tcp' }), healthChecks: [httpCheck] }, 'tcp'],
      [labels({ MODE: '' }), 'tcp'],
    ]
    for (const [spec, mode] of cases) assert.equal(serviceOf(spec).mode, mode, JSON.stringify(spec))
    const elsewhere = {
      ports: [10000, 10001],
      healthChecks: [second],
      ...labels({ BACKEND_HEALTHCHECK_PORT_INDEX: '1' }),
    }
    const [first] = servicesIn([app('/db', elsewhere)]).services
    assert.deepEqual([first?.mode, first?.check?.kind], ['tcp', 'http'])
  })

  it('is http where the check of its only tcp port is one over HTTP at a port of no service', () => {
    const healthChecks = [{ ...httpCheck, port: 9000 }]
    const modeAndCheck = (spec: AppSpec) =>
      servicesIn([app('/web', { healthChecks, ...spec })]).services.map(({ mode, check }) => [mode, check?.kind])
    const udp = [
      { port: 53, protocol: 'udp' },
      { port: 10001, protocol: 'tcp' },
    ]
    assert.deepEqual(modeAndCheck({}), [['http', 'tcp']])
    assert.deepEqual(modeAndCheck({ portDefinitions: udp }), [['http', 'tcp']])
    assert.deepEqual(modeAndCheck({ healthChecks: [{ ...httpCheck, port: 9000, protocol: 'TCP' }] }), [['tcp', 'tcp']])
    assert.deepEqual(modeAndCheck({ ports: [10000, 10001] }), [
      ['tcp', undefined],
      ['tcp', undefined],
    ])
  })

  it('has no route where its label says tcp', () => {
    assert.equal(serviceOf(labels({ VHOST: 'a.test' })).routes.length, 1)
    assert.deepEqual(serviceOf(labels({ VHOST: 'a.test', PATH: '/a', MODE: 'tcp' })).routes, [])
  })

  it('has a route for each path of each host; a path goes before the whole host unless a weight says more', () => {
    const routes = (given: Record<string, string>) =>
      serviceOf(labels(given)).routes.map(({ host, path, weight }) => `${host}${path} ${weight}`)
    assert.deepEqual(routes({ VHOST: 'b.test,a.test' }), ['a.test 0', 'b.test 0'])
    assert.deepEqual(routes({ VHOST: 'a.test', PATH: '/y/ /x' }), ['a.test/x 1', 'a.test/y 1'])
    assert.deepEqual(routes({ VHOST: 'a.test,b.test', PATH: '/' }), ['a.test 1', 'b.test 1'])
    assert.deepEqual(routes({ VHOST: 'a.test', BACKEND_WEIGHT: '5' }), ['a.test 5'])
    assert.deepEqual(routes({ VHOST: 'a.test', PATH: '/x', BACKEND_WEIGHT: '-2' }), ['a.test/x -2'])
    assert.deepEqual(routes({ PATH: '/x', MODE: 'http' }), [], 'a path without a host leads nowhere')
  })

  it('is left out with more than 1000 routes', () => {
    const many = (count: number, of: (at: number) => string, separator: string) =>
      Array.from({ length: count }, (_, at) => of(at)).join(separator)
    const hosts = (count: number) => many(count, (at) => `h${at}.test`, ',')
    const paths = (count: number) => many(count, (at) => `/p${at}`, ' ')
    assert.equal(serviceOf(labels({ VHOST: hosts(1000) })).routes.length, 1000)
    assert.equal(serviceOf(labels({ VHOST: hosts(40), PATH: paths(25) })).routes.length, 1000)
    for (const given of [{ VHOST: hosts(1001) }, { VHOST: hosts(13), PATH: paths(77) }]) {
      const { services, warnings } = warnedIn([app('/web', labels(given))])
      assert.deepEqual(
        [services, warnings],
        [[], ['/web port 0 is left out: VHOST and PATH make more than 1000 routes together']],
      )
    }
    assert.deepEqual(serviceOf(labels({ VHOST: hosts(1001), MODE: 'tcp' })).routes, [])
  })

  it('has a warning for each label that says something which cannot be done in its mode', () => {
    const idle = (given: Record<string, string>) => only(labels(given)).warnings
    const warningsOf = (...names: string[]) =>
      names.map((name) => `/web port 0 has the label HAPROXY_0_${name}, which is of no effect`)
    const http = {
      VHOST: 'a.test',
      STICKY: 'true',
      REDIRECT_TO_HTTPS: 'true',
      USE_HSTS: 'true',
      HTTP_BACKEND_REDIR: '/x',
      HTTP_BACKEND_PROXYPASS_PATH: '/x',
      HTTP_BACKEND_REVPROXY_PATH: '/x',
    }
    for (const [name, value] of Object.entries(http)) {
      assert.deepEqual(idle({ [name]: value, MODE: 'tcp' }), warningsOf(`${name} (in mode tcp)`))
      assert.deepEqual(only(labels({ [name]: value, MODE: 'http' }), { https: true }).warnings, [], name)
    }
    const all = Object.keys(http).map((name) => `${name} (in mode tcp)`)
    assert.deepEqual(idle({ ...http, MODE: 'tcp' }), warningsOf(...all))
    assert.deepEqual(idle({ PATH: '/x', MODE: 'http' }), warningsOf('PATH (without VHOST)'))
    assert.deepEqual(idle({ PATH: '/x', VHOST: 'a.test' }), [])
    const off = { STICKY: 'false', REDIRECT_TO_HTTPS: 'false', USE_HSTS: 'no', BALANCE: 'source', MODE: 'tcp' }
    assert.deepEqual(idle(off), [])
  })

  it('listens where its labels say, else at the service port, at the address of all', () => {
    const listens = (spec: AppSpec, rules: Partial<Rules> = {}) => {
      const { listener } = serviceOf(spec, rules)
      return listener && `${listener.address} ${listener.port}`
    }
    assert.equal(listens({}), '* 10000')
    assert.equal(listens({}, { bindAddress: '10.0.0.1' }), '10.0.0.1 10000')
    assert.equal(listens(labels({ PORT: '81', BIND_ADDR: '127.0.0.1' }), { bindAddress: '10.0.0.1' }), '127.0.0.1 81')
    assert.equal(listens({ ports: [0], ...labels({ VHOST: 'a.test', BIND_ADDR: '::1' }) }), undefined)
    assert.equal(listens({ ports: [0], ...labels({ PORT: '81' }) }), '* 81')
    const secure = labels({ SSL_CERT: '/etc/ssl/a.pem', BIND_OPTIONS: 'alpn h2' })
    const { listener } = serviceOf(secure, { certificates: ['/etc/ssl/a.pem'] })
    assert.deepEqual([listener?.certificate, listener?.options], ['/etc/ssl/a.pem', ['alpn', 'h2']])
  })

  it('demands what its labels say', () => {
    const { demands } = serviceOf(
      labels({ VHOST: 'a.test', STICKY: 'true', BALANCE: 'leastconn', HTTP_BACKEND_REDIR: '/x' }),
    )
    assert.deepEqual(
      [demands.sticky, demands.balance, demands.redirect, demands.auth],
      [true, 'leastconn', '/x', undefined],
    )
  })

  it('is left out where what it demands needs mode http, and it is tcp', () => {
    const wanting: Record<string, string>[] = [
      { AUTH: 'r:joe:abNANd1rDfiNc' },
      { BALANCE: 'uri' },
      { BALANCE: 'hdr(Host)' },
      { BALANCE: 'url_param id' },
    ]
    for (const given of wanting) {
      const { services, warnings } = warnedIn([app('/web', labels(given))])
      assert.deepEqual(services, [])
      assert.match(warnings.join(), /^\/web port 0 is left out: .* needs mode http, and the service is in mode tcp$/)
      assert.deepEqual(only(labels({ ...given, MODE: 'http' })).warnings, [])
    }
    assert.equal(serviceOf(labels({ BALANCE: 'source', BACKEND_NETWORK_ALLOWED_ACL: '10.0.0.0/8' })).mode, 'tcp')
  })

  it('is redirected to https only where there is https, and says so where there is none', () => {
    const redirected = labels({ VHOST: 'a.test', REDIRECT_TO_HTTPS: 'true' })
    const there = only(redirected, { https: true })
    assert.deepEqual([there.service.demands.redirectToHttps, there.warnings], [true, []])
    const missing = only(redirected)
    assert.equal(missing.service.demands.redirectToHttps, false)
    assert.deepEqual(missing.warnings, [
      '/web port 0 is not redirected to https: there is no https frontend (see --ssl-cert)',
    ])
    assert.deepEqual(only(labels({ VHOST: 'a.test', REDIRECT_TO_HTTPS: 'false' })).warnings, [])
  })

  it('is part of a deployment group by its labels, and left out where they are wrong', () => {
    const group = { HAPROXY_DEPLOYMENT_GROUP: 'shop' }
    assert.equal(serviceOf({}).deployment, undefined)
    assert.equal(serviceOf({ labels: group }).deployment?.group, ' shop')
    const wrong = warnedIn([app('/web', { labels: { ...group, HAPROXY_DEPLOYMENT_STARTED_AT: 'today' } })])
    assert.equal(wrong.services.length, 0)
    assert.match(wrong.warnings.join(), /^\/web port 0 is left out: label HAPROXY_DEPLOYMENT_STARTED_AT is "today"/)
  })

  it('keeps a server of unknown health that is live, told by the names of backend and server', () => {
    const tasks = [{ ports: [31001] }, { ports: [31002], health: 'unknown' as const }]
    const spec = { tasks, healthChecks: [httpCheck] }
    const isLive = (backend: string, server: string) => `${backend}/${server}` === 'web_0/127.0.0.1_31002'
    assert.equal(serviceOf(spec).servers.length, 1)
    assert.equal(serviceOf(spec, { isLive }).servers.length, 2)
  })

  it('is checked at another port where its label says so, by its own check or the one of that port', () => {
    const checkOf = (healthChecks: (typeof httpCheck)[], index = '1') => {
      const [service] = servicesIn([
        app('/web', { ports: [10000, 10001], healthChecks, ...labels({ BACKEND_HEALTHCHECK_PORT_INDEX: index }) }),
      ]).services
      return [service?.check?.path, service?.servers[0]?.port, service?.servers[0]?.checkPort]
    }
    const own = { ...httpCheck, path: '/own' }
    assert.deepEqual(checkOf([own, second]), ['/own', 31000, 31010])
    assert.deepEqual(checkOf([second]), ['/health', 31000, 31010])
    assert.deepEqual(checkOf([]), [undefined, 31000, 31010])
    assert.deepEqual(checkOf([own], '0'), ['/own', 31000, undefined])
  })

  it('is checked itself, with a warning, where the port that is to be checked is none of the app', () => {
    const beyond = { healthChecks: [httpCheck], ...labels({ BACKEND_HEALTHCHECK_PORT_INDEX: '1' }) }
    const { service, warnings } = only(beyond)
    assert.deepEqual(
      [service.check?.path, service.servers.map(({ port, checkPort }) => [port, checkPort])],
      ['/health', [[31000, undefined]]],
    )
    assert.deepEqual(warnings, ['/web port 0 is checked itself: the app has no port 1 for its health check'])
  })
})
