import { elapsed } from './clock.js'
import type { Draft } from './compose.js'
import type { Quarantine } from './live/state.js'
import { type FindingKind, warningsIn } from './marathon/findings.js'
import type { Change } from './outcome.js'

/** The steps of a run that take time: asking Marathon, making its reply into text, validation, and the transaction. */
export type Phase = 'fetch' | 'render' | 'validate' | 'apply'

/** What a run has learnt, as far as it came: who answered, what is routed and what is not, and the ms that each step took. */
export interface Account {
  answered: string | undefined
  counts: { apps: number; services: number; servers: number } | undefined
  /** How many apps, ports, tasks, … are left out, by reason. */
  leftOut: Partial<Record<FindingKind, number>>
  quarantine: Quarantine
  warnings: string[]
  /** The change of the live file that the run was to make. */
  change: Change | undefined
  phases: Partial<Record<Phase, number>>
}

/** The account of a run that has not begun. */
export const openAccount = (): Account => ({
  answered: undefined,
  counts: undefined,
  leftOut: {},
  quarantine: {},
  warnings: [],
  change: undefined,
  phases: {},
})

/** Does a step of a run, and adds the time that it took, however it ends. */
export async function timed<T>(account: Account, phase: Phase, step: () => Promise<T> | T): Promise<T> {
  const started = elapsed()
  try {
    return await step()
  } finally {
    account.phases[phase] = (account.phases[phase] ?? 0) + elapsed() - started
  }
}

/** Takes down what a draft routes and leaves out. */
export function note(account: Account, { apps, services, findings, quarantine }: Draft): void {
  const servers = services.reduce((sum, service) => sum + service.servers.length, 0)
  account.counts = { apps: apps.length, services: services.length, servers }
  account.leftOut = {}
  for (const { kind } of findings) account.leftOut[kind] = (account.leftOut[kind] ?? 0) + 1
  account.quarantine = quarantine
  account.warnings = warningsIn(findings)
}
