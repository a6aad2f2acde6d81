import { withoutPasswords } from '../haproxy/config-text.js'
import { explain, isNamedBy, type NameOfLine, type Rejection, readRejection } from '../haproxy/rejection.js'
import type { Service } from '../marathon/services.js'
import type { TemplateLine } from './origins.js'
import { type Failure, given } from './report.js'

/** Alerts that only say that there were others. */
const summary = /Error\(s\) found in configuration file|Fatal errors found in configuration|Failed to initialize server/

/** It says so at some line, which is not at fault. */
const givenUp = /parsing \[[^\]]*\]\s*: too many fatal errors \((\d+)\), stopping now\.?/

/** The alerts among HAProxy's words on a text, with names in them for the lines that they mention. */
export function alertsIn(output: string, text: string, nameOf?: NameOfLine): Rejection[] {
  const alerts = output.split('\n').filter((line) => line.startsWith('[ALERT]'))
  const own = alerts.filter((alert) => !summary.test(alert))
  const told = own.length > 0 ? own : alerts.length > 0 ? alerts : [output]
  return [...new Set(told)].map((alert) =>
    readRejection(alert.replace(givenUp, 'HAProxy stopped there, after $1 errors'), text, nameOf),
  )
}

/**
 * An alert as a failure, with the section, the app whose section it is, if it is one's, and the line of a template that it stems from.
 * Passwords are hidden.
 */
export function failureOf(rejection: Rejection, origin: TemplateLine | undefined, services: Service[]): Failure {
  const service = services.find((one) => isNamedBy(rejection, one))
  return given<Failure>({
    kind: 'haproxy',
    message: service ? explain(rejection, service).replace(/^HAProxy rejects it: /, '') : plainly(rejection),
    template: origin?.template,
    line: origin?.line,
    column: undefined,
    source: origin && withoutPasswords(origin.source),
    section: [rejection.section, rejection.name].filter((word) => word !== undefined).join(' ') || undefined,
    app: service?.appId,
    port: service?.portIndex,
  })
}

const plainly = ({ message, line }: Rejection): string =>
  line === undefined ? message : `${message} (in "${withoutPasswords(line).slice(0, 200)}")`
