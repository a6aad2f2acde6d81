import { type Json, list, portNumber, record, text } from './json.js'

/**
 * A task: `running`, `unreachable` (LOST or UNREACHABLE, perhaps alive) or `gone` (anything else), by its state (undefined before 0.15),
 * its health results, and whether its readiness checks have passed (undefined: not known).
 */
export interface Task {
  id: string
  host: string | undefined
  ports: number[]
  addresses: string[]
  state: string | undefined
  presence: 'running' | 'unreachable' | 'gone'
  alive: boolean[]
  ready: boolean | undefined
}

/** The tasks of an app of unknown JSON, in the order of their ids. */
export function readTasks(app: Json): Task[] {
  const readiness = readinessOf(app)
  return list(app['tasks'])
    .map(record)
    .map((task) => readTask(task, readiness))
    .sort(byId)
}

/** Tasks come in any order. Two with one id, which no Marathon should give either, are told apart by the rest. */
function byId(a: Task, b: Task): number {
  const [one, other] = a.id === b.id ? [JSON.stringify(a), JSON.stringify(b)] : [a.id, b.id]
  return one < other ? -1 : 1
}

const readTask = (task: Json, readiness: (task: Json) => boolean | undefined): Task => ({
  id: text(task['id']) ?? '',
  host: text(task['host']),
  ports: list(task['ports']).map((port) => portNumber(port) ?? 0),
  addresses: list(task['ipAddresses']).flatMap((entry) => text(record(entry)['ipAddress']) ?? []),
  state: text(task['state']),
  presence: presenceOf(task),
  alive: list(task['healthCheckResults'])
    .filter((result) => result != null)
    .map(record)
    .map(isAlive),
  ready: readiness(task),
})

/**
 * marathon-api §5: readiness is in the reply while a deployment runs. A task of the version that is being deployed is not known to be
 * ready before its first result; any other has been ready once.
 */
function readinessOf(app: Json): (task: Json) => boolean | undefined {
  if (list(app['readinessChecks']).length === 0) return () => true
  const results = list(app['readinessCheckResults']).map(record)
  const isDeploying = list(app['deployments']).length > 0
  return (task) => {
    const own = results.filter(({ taskId }) => taskId === task['id'])
    if (own.length > 0) return own.every(({ ready }) => ready === true)
    return isDeploying && task['version'] === app['version'] ? undefined : true
  }
}

/** marathon-api §5: a state decides where there is one (0.15 on); before, a task that has started is running. */
function presenceOf(task: Json): Task['presence'] {
  const state = text(task['state'])
  if (state === undefined) return text(task['startedAt']) ? 'running' : 'gone'
  if (state === 'TASK_RUNNING') return 'running'
  return state === 'TASK_LOST' || state === 'TASK_UNREACHABLE' ? 'unreachable' : 'gone'
}

/** 0.7 may lack `alive`; it is computed as Marathon does: a success that no failure came after. */
function isAlive(result: Json): boolean {
  if (typeof result['alive'] === 'boolean') return result['alive']
  const success = text(result['lastSuccess'])
  const failure = text(result['lastFailure'])
  return success !== undefined && (failure === undefined || success > failure)
}
