import assert from 'node:assert/strict'
import { app } from './apps.js'
import { createCertificate } from './certificate.js'
import { startEchoApp } from './echo-app.js'
import { freePort } from './ports.js'
import { type RunningSite, runAt, startSite } from './running-site.js'
import { until } from './wait.js'

/** An app to be routed: its labels, and how many tasks it has (1). */
export interface RoutedApp {
  labels?: Record<string, string>
  tasks?: number
}

/** A site whose HAProxy routes to echo apps, with every frontend that there is. */
export interface RoutedSite extends RunningSite {
  appIdPort: number
  /** The certificate of its https frontend. */
  certificate: string
  /**
   * Runs the program with these apps by id, behind each of whose tasks is an echo app, named after the id, and with a number behind it
   * from the second on. Gives what the run printed.
   */
  route(apps: Record<string, RoutedApp>): Promise<string>
  /** The service port of an app. */
  portOf(id: string): number
}

/** Starts such a site, which routes nothing at first. */
export async function startRoutedSite(): Promise<RoutedSite> {
  const site = await startSite()
  const appIdPort = await freePort()
  const { pem } = createCertificate(site.dir)
  const args = ['--ssl-cert', pem, '--app-id-port', String(appIdPort)]
  const ports = new Map<string, number>()
  const echoes = new Map<string, Awaited<ReturnType<typeof startEchoApp>>>()

  async function echoPort(name: string): Promise<number> {
    const echo = echoes.get(name) ?? (await startEchoApp(name))
    echoes.set(name, echo)
    return echo.port
  }

  async function appOf(id: string, { labels = {}, tasks = 1 }: RoutedApp): Promise<unknown> {
    const port = ports.get(id) ?? (await freePort())
    ports.set(id, port)
    const names = Array.from({ length: tasks }, (_, at) => (at === 0 ? id : `${id} ${at}`))
    const taskPorts = await Promise.all(names.map(echoPort))
    return app(id, { ports: [port], labels, tasks: taskPorts.map((taskPort) => ({ ports: [taskPort] })) })
  }

  return {
    ...site,
    appIdPort,
    certificate: pem,
    async route(apps) {
      const built = await Promise.all(Object.entries(apps).map(([id, given]) => appOf(id, given)))
      const { status, stderr } = await runAt(site, built, args)
      assert.equal(status, 0, stderr)
      // The worker that leaves may still accept for a moment, when the new one has answered already.
      await until(async () => (await site.haproxy.workers()) === 1, { what: 'the old worker to leave' })
      return stderr
    },
    portOf: (id) => ports.get(id) ?? assert.fail(`there is no app ${id}`),
    async end() {
      await site.end()
      await Promise.all([...echoes.values()].map((echo) => echo.close()))
    },
  }
}
