import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type HttpApp, startHttpApp } from '../support/http-app.js'
import { freePort } from '../support/ports.js'

interface SampleTask {
  id: string
  ports: number[]
}

interface SampleApp {
  id: string
  tasks: SampleTask[]
  portDefinitions?: { port: number }[]
  container?: { portMappings: { servicePort: number }[] }
}

/** The packaged sample cluster, with a real little HTTP server behind each port of each task. */
export interface SampleCluster {
  apps: SampleApp[]
  /** Gives an app one more task, with a server of its own. */
  scaleUp(appId: string): Promise<void>
  close(): Promise<void>
}

/** Starts the servers of `templates/sample-apps.json` on free loopback ports; service ports become free ones too. */
export async function startSampleCluster(): Promise<SampleCluster> {
  const { apps } = JSON.parse(readFileSync(join(import.meta.dirname, '../../templates/sample-apps.json'), 'utf8')) as {
    apps: SampleApp[]
  }
  const servers: HttpApp[] = []
  const serve = async (task: SampleTask): Promise<void> => {
    for (const [index] of task.ports.entries()) {
      const server = await startHttpApp(task.id)
      servers.push(server)
      task.ports[index] = server.port
    }
  }
  for (const app of apps) {
    for (const definition of app.portDefinitions ?? []) definition.port = await freePort()
    for (const mapping of app.container?.portMappings ?? []) mapping.servicePort = await freePort()
    for (const task of app.tasks) await serve(task)
  }
  return {
    apps,
    async scaleUp(appId) {
      const tasks = apps.find(({ id }) => id === appId)?.tasks
      if (!tasks?.[0]) throw new Error(`the sample cluster has no running app ${appId}`)
      const id = tasks[0].id.replace(/\d+$/, String(tasks.length + 1))
      const task = { ...structuredClone(tasks[0]), id }
      await serve(task)
      tasks.push(task)
    },
    async close() {
      await Promise.all(servers.map((server) => server.close()))
    },
  }
}
