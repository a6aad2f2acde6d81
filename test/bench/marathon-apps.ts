import { type Json, list, record } from '../../src/marathon/json.js'
import { randomFrom } from '../support/random.js'

type Random = (limit: number) => number

/** The same apps with the task ids and times that Marathon makes, a UUID and the very millisecond, which hardly compress. */
export function withIdsAndTimes(apps: Json[]): Json[] {
  const random = randomFrom(1)
  return apps.map((app) => ({ ...app, tasks: list(app['tasks']).map((task) => withIdAndTimes(record(task), random)) }))
}

function withIdAndTimes(task: Json, random: Random): Json {
  const id = String(task['id']).replace(/instance-.*/, `instance-${uuid(random)}._app.1`)
  const text = JSON.stringify(task, (key, value) => {
    if (value === task['id']) return id
    return key !== 'version' && /^\d{4}-\d\d-\d\dT/.test(String(value)) ? time(random) : value
  })
  return record(JSON.parse(text))
}

const uuid = (random: Random): string => [8, 4, 4, 4, 12].map((length) => hex(length, random)).join('-')

const hex = (length: number, random: Random): string => Array.from({ length }, () => random(16).toString(16)).join('')

/** A moment of one day. */
const time = (random: Random): string => new Date(Date.UTC(2024, 2, 1) + random(86_400_000)).toISOString()
