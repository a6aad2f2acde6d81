import type { Facts } from './facts.js'

type Labels = Record<string, string>
type Sample = [value: number | null, labels?: Labels]

/** A metric: its name without the prefix, what it says, and its values. All are gauges. */
interface Metric {
  name: string
  help: string
  samples: Sample[]
}

/**
 * The facts of a run in Prometheus' text format, for the textfile collector of node_exporter. Each value is labelled with the live
 * file, since a node may have more than one; what is not known is left out.
 */
export const metricsOf = (facts: Facts): string =>
  metricsIn(facts)
    .map((metric) => textOf(metric, facts.live))
    .join('')

function metricsIn(facts: Facts): Metric[] {
  const { total, ...phases } = facts.durations
  return [
    single('last_run_timestamp_seconds', 'When the last run ended.', facts.lastRun),
    single('last_success_timestamp_seconds', 'When a run last succeeded.', facts.lastSuccess),
    single('last_change_timestamp_seconds', 'When a run last changed the live file.', facts.lastChange),
    single('run_duration_seconds', 'What the last run took.', total),
    each('phase_duration_seconds', 'What a phase of the last run took.', 'phase', phases),
    single('exit_status', 'The exit status of the last run.', facts.exit.status),
    single('apps', "Apps in Marathon's reply.", facts.apps),
    single('services', "Services that Marathon's reply gives to route.", facts.services),
    single('servers', "Servers that Marathon's reply gives to route to.", facts.servers),
    each('left_out', "What of Marathon's reply is not served, by reason.", 'reason', facts.leftOut ?? {}),
    single('quarantined', 'Services left out since HAProxy rejects them.', facts.quarantined?.length ?? null),
    single('reload_pending', 'Whether a change of the live file is not proven.', asNumber(facts.reloadPending)),
    single('consecutive_failures', 'Failed runs in a row.', facts.consecutiveFailures),
    single('warnings', 'Warnings that stand.', facts.services === null ? null : facts.warnings.length),
    { name: 'build_info', help: 'The version of haproxy-updater.', samples: [[1, { version: facts.version }]] },
  ]
}

const single = (name: string, help: string, value: number | null): Metric => ({ name, help, samples: [[value]] })

const each = (name: string, help: string, label: string, values: Record<string, number | null>): Metric => ({
  name,
  help,
  samples: Object.entries(values)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => [value, { [label]: key }]),
})

const asNumber = (flag: boolean | null): number | null => (flag === null ? null : Number(flag))

function textOf({ name, help, samples }: Metric, config: string): string {
  const full = `haproxy_updater_${name}`
  const lines = samples.flatMap(([value, labels]) =>
    value === null ? [] : [`${full}{${labelsText({ config, ...labels })}} ${value}\n`],
  )
  return lines.length === 0 ? '' : [`# HELP ${full} ${help}\n# TYPE ${full} gauge\n`, ...lines].join('')
}

const labelsText = (labels: Labels): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',')

/** A label's value as the text format wants it. */
const escaped = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
