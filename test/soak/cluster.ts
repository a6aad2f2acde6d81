import { setTimeout as sleep } from 'node:timers/promises'
import { app, httpCheck, type TaskSpec } from '../support/apps.js'
import { type HttpApp, startHttpApp } from '../support/http-app.js'
import type { TestMarathon } from '../support/marathon.js'
import { freePort } from '../support/ports.js'
import { until } from '../support/wait.js'
import type { TimeLine } from './time-line.js'
import type { Troubles } from './troubles.js'

/** A task: a little HTTP server. */
export interface Task {
  id: string
  port: number
  state: 'TASK_STAGING' | 'TASK_RUNNING' | 'TASK_KILLING'
  health: 'healthy' | 'unknown'
  server?: HttpApp
}

/** An app of the cluster; it is reached by its host name, and by one of its version, so that maps change. */
export interface App {
  id: string
  version: number
  host: string
  servicePort: number
  isChecked: boolean
  tasks: Task[]
}

/** What Marathon announced: the ports that are to get traffic from then on, and when HAProxy was seen to run it. */
export interface State {
  at: number
  says: string
  ports: string
  reached: number | undefined
}

/** Apps whose tasks come and go as Marathon makes them. */
export interface Cluster {
  apps: App[]
  states: State[]
  /** Gives an app another version; its tasks stay. */
  upgrade(app: App): void
  /** Starts a task and waits until it gets traffic; while a leader is elected, or knows nothing yet, none is started. */
  start(app: App): Promise<void>
  /** Tells a task to end, which it does after its grace period; `ended` waits for all of those. */
  kill(app: App, task: Task): Promise<void>
  ended(): Promise<void>
  /** A change of leader: no task is started or killed in `elect`, and all health is unknown after it, for `unknownFor` ms. */
  changeLeader(elect: () => Promise<void>, unknownFor: number): Promise<void>
}

/** From the signal that a task is to end to its death, in ms. */
const grace = 4000
/** Of a death that nobody could know of, no load balancer could keep its clients away: so long (ms) it can be known before. */
const notice = 3500

/** Waits for what other parts of the soak do in their own time (ms). */
const patience = { timeout: 60_000 }

/** Where a cluster is; one that is `patient` has no task die before HAProxy has left it, however long that takes. */
interface Place {
  marathon: TestMarathon
  timeLine: TimeLine
  troubles: Troubles
  patient: boolean
}

/** An empty cluster of these apps behind a test Marathon. */
export function createCluster(apps: App[], { marathon, timeLine, troubles, patient }: Place): Cluster {
  const states: State[] = []
  const dying = new Set<Promise<void>>()
  let [starting, isLed, isKnown] = [0, true, true]

  const announce = (type: string, says: string): void => {
    timeLine.note(says)
    marathon.apps = apps.map(asMarathonSays)
    const ports = routedPorts(apps)
    if (ports !== states.at(-1)?.ports) states.push({ at: timeLine.now(), says, ports, reached: undefined })
    marathon.events.emit(type)
  }

  function upgrade(app: App): void {
    app.version++
    announce('api_post_event', `${app.id} is to be of version ${app.version}`)
  }

  async function start(app: App): Promise<void> {
    await until(() => isLed && isKnown, { ...patience, what: 'a leader' })
    starting++
    const port = await freePort()
    const task: Task = { id: `${app.id.slice(1)}.${port}`, port, state: 'TASK_STAGING', health: 'unknown' }
    app.tasks.push(task)
    announce('status_update_event', `${task.id} is staging`)
    await sleep(150)
    // Only of a task with a health check is it known when it answers.
    if (!app.isChecked) task.server = await startHttpApp(app.host, port)
    task.state = 'TASK_RUNNING'
    announce('status_update_event', `${task.id} runs`)
    if (app.isChecked) {
      await sleep(250)
      task.server = await startHttpApp(app.host, port)
      task.health = 'healthy'
      announce('health_status_changed_event', `${task.id} is healthy`)
    }
    starting--
  }

  async function kill(app: App, task: Task): Promise<void> {
    await until(() => isLed, { ...patience, what: 'a leader' })
    task.state = 'TASK_KILLING'
    announce('status_update_event', `${task.id} is killing`)
    const death = die(app, task, states.at(-1)).finally(() => dying.delete(death))
    dying.add(death)
  }

  async function die(app: App, task: Task, without: State | undefined): Promise<void> {
    const isLeft = (): boolean => !patient || without?.reached !== undefined
    await until(isLeft, { ...patience, what: `HAProxy to leave ${task.id}` })
    await Promise.all([sleep(grace), troubles.outlast(notice)])
    await task.server?.close()
    app.tasks = app.tasks.filter((other) => other !== task)
    announce('status_update_event', `${task.id} is dead`)
  }

  async function changeLeader(elect: () => Promise<void>, unknownFor: number): Promise<void> {
    isLed = false
    await until(() => starting === 0, { ...patience, what: 'no task to be starting' })
    await elect()
    ;[isLed, isKnown] = [true, false]
    const tasks = apps.filter(({ isChecked }) => isChecked).flatMap((app) => app.tasks)
    for (const task of tasks) task.health = 'unknown'
    announce('api_post_event', 'a new leader knows the health of no task')
    await sleep(unknownFor)
    for (const task of tasks) task.health = 'healthy'
    announce('health_status_changed_event', 'the health of all tasks is known again')
    isKnown = true
  }

  return {
    apps,
    states,
    upgrade,
    start,
    kill,
    changeLeader,
    ended: async () => {
      await Promise.all(dying)
    },
  }
}

function asMarathonSays({ id, version, host, servicePort, isChecked, tasks }: App): unknown {
  const specs = tasks.map(
    (task): TaskSpec => ({ id: task.id, ports: [task.port], state: task.state, health: task.health }),
  )
  return app(id, {
    ports: [servicePort],
    labels: { HAPROXY_0_VHOST: `${host},v${version}.${host}` },
    healthChecks: isChecked ? [{ ...httpCheck, intervalSeconds: 2 }] : [],
    tasks: specs,
  })
}

/** Running tasks that are healthy, or whose app has no healthy one, and thus no health that is known (marathon-api §5). */
function routedPorts(apps: App[]): string {
  const routed = apps.flatMap(({ isChecked, tasks }) => {
    const running = tasks.filter(({ state }) => state === 'TASK_RUNNING')
    const healthy = running.filter(({ health }) => health === 'healthy')
    return isChecked && healthy.length > 0 ? healthy : running
  })
  return portsKey(routed.map(({ port }) => port))
}

/** Ports as one text, equal for equal ports. */
export const portsKey = (ports: number[]): string => ports.sort((a, b) => a - b).join(' ')
