import type { LeftOut, RoutedServer, RoutedService, RoutesReport } from '../../src/routes/report.js'

/** A report of so many services of every kind, each with five servers or none, and of a tenth as many that are left out. */
export function sampleReport(count: number): RoutesReport {
  const services = Array.from({ length: count }, (_, at) => service(at))
  const leftOut = Array.from({ length: Math.ceil(count / 10) }, (_, at) => leftOutOf(at))
  return { schema: 1, answered: 'http://marathon.test:8080', services, leftOut }
}

/** Every fifth is tcp, every twentieth has no server. */
function service(at: number): RoutedService {
  const app = `/${['shop', 'mail', 'team/very/deep', 'billing'][at % 4]}/app-${at}`
  const isHttp = at % 5 !== 3
  const paths = at % 7 === 2 ? ['', '/admin', '/static/images'] : at % 3 === 1 ? ['/api'] : ['']
  return {
    app,
    port: at % 2,
    backend: `${app.slice(1).replaceAll('/', '_')}_${at % 2}`,
    mode: isHttp ? 'http' : 'tcp',
    routes: isHttp ? paths.map((path) => ({ host: `host-${at}.example.test`, path })) : [],
    listener: at % 4 === 0 && isHttp ? null : `*:${10_000 + at}`,
    byAppId: at % 8 === 0 && isHttp,
    servers: at % 20 === 9 ? [] : [0, 1, 2, 3, 4].map((which) => server(at, which)),
  }
}

/** Every fifteenth service has trouble: servers of unknown health and, in every other of them, unhealthy ones. */
function server(at: number, which: number): RoutedServer {
  const address = `192.0.2.${(at * 5 + which) % 250}`
  const health = at % 15 === 4 ? (['healthy', 'unknown', 'unhealthy'] as const)[which % (3 - (at % 2))] : undefined
  return {
    task: `app-${at}.instance-${which}`,
    host: at % 6 === 5 ? `agent-${(at + which) % 50}.cluster.test` : address,
    address,
    port: 31_000 + ((at * 5 + which) % 1000),
    health: health ?? (at % 4 === 3 ? 'unchecked' : 'healthy'),
    draining: at % 25 === 6 && which < 2,
  }
}

const leftOutOf = (at: number): LeftOut => ({
  app: at % 5 === 4 ? null : `/batch/job-${at}`,
  port: at % 5 === 4 ? null : 0,
  task: at % 5 === 3 ? `job-${at}.instance-1` : null,
  kind: ['bad-label', 'disabled', 'conflict', 'unhealthy', 'unknown-agent'][at % 5] ?? '',
  says: at % 5 === 4 ? `agent agent-${at}.test has no address: its tasks are left out` : 'is left out: for a reason',
})
