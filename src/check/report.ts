import type { ExitName } from '../errors.js'

/** What `check` found: the JSON of `check --json`, and what its lines are made of. */
export interface CheckReport {
  schema: 1
  /** The version of the HAProxy that validated; null where none did. */
  validated: string | null
  cases: CaseReport[]
}

/** What became of one recorded reply. The numbers are null where it came to no configuration. */
export interface CaseReport {
  /** The file, `standard input`, or `the sample cluster`. */
  from: string
  ok: boolean
  /** The name of the exit status that this case alone would give. */
  exit: ExitName
  apps: number | null
  services: number | null
  servers: number | null
  failures: Failure[]
  /** What is left out of the configuration or not honoured, as a run would say it. */
  warnings: string[]
}

/**
 * One thing that fails a case; what does not apply is not there. `reply`: there is none, or it is none. `setup`: a file of expectations
 * or a folder of templates is in error or missing, or what is rendered cannot be used. `warning`: one that `--strict` forbids.
 */
export interface Failure {
  kind: 'template' | 'setup' | 'reply' | 'haproxy' | 'expectation' | 'warning'
  /** One line. */
  message: string
  /** The path of the template that it comes from, its line and column (from 1), and what stands in that line. */
  template?: string
  line?: number
  column?: number
  source?: string
  /** The section of the rendered text, such as `backend shop_web_0`. */
  section?: string
  /** The app, and the index of its port. */
  app?: string
  port?: number
}

/** The fields that have a value. */
export const given = <T extends object>(fields: { [K in keyof T]: T[K] | undefined }): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T

/** The failures that one case alone can end with, of which the first of all cases is that of the program. */
const order: ExitName[] = ['bad-setup', 'invalid-config', 'bad-reply', 'no-input']

/** The exit status of all cases together. */
export const exitOf = (cases: CaseReport[]): ExitName =>
  order.find((exit) => cases.some((one) => one.exit === exit)) ?? cases.find(({ ok }) => !ok)?.exit ?? 'ok'
