import type { Rules } from '../../src/marathon/services.js'

/** Everything is routed by http, no server is live, and labels may name nothing of the host. */
export const everything: Rules = {
  groups: ['*'],
  requireEnabled: false,
  health: 'auto',
  readiness: false,
  unreachable: false,
  mesosDns: undefined,
  bindAddress: '*',
  https: false,
  byAppId: false,
  certificates: [],
  trustLabels: false,
  isLive: () => false,
}
