import type { State } from '../../src/live/state.js'

/** What is remembered of this live file before the first run. */
export const newState = (live: string): State => ({
  live,
  phase: 'new',
  target: undefined,
  rollback: undefined,
  gateSince: undefined,
  failing: undefined,
  failures: undefined,
  lastChange: undefined,
  quarantine: {},
  warnings: [],
  addresses: {},
})
