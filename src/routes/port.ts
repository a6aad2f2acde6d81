import { type HostRules, readGroups, readLabels } from '../marathon/labels.js'
import type { AppPort } from '../marathon/ports.js'
import type { App } from '../marathon/reply.js'
import type { Service } from '../marathon/services.js'
import { checkRow, modeRow } from './check-rows.js'
import { demandRows } from './demand-rows.js'
import { isOfPort, mergedInto, type Routed, servingOf, whyLeftOut } from './deployment.js'
import { reasonIn } from './left-out.js'
import type { RoutesReport } from './report.js'
import { type Row, type Section, warning } from './rows.js'
import { taskRows } from './task-rows.js'
import { addedRows, askedRows, listenerRows, servicePortRow } from './way-rows.js'

/** All that an explanation is made of. */
export interface Scene extends Routed {
  report: RoutesReport
  host: HostRules
}

/** Why a port of an app is routed as it is, or not; undefined for one of so many that it was passed over. */
export function explainPort(app: App, port: AppPort, scene: Scene): Section | undefined {
  const { owner, service } = servingOf(app, port.index, scene)
  const reason = whyLeftOut(owner, port.index, scene)
  const title = `port ${port.index}`
  const whole = owner === app ? '' : `${owner.id} ${title}, of whose service it is a part by HAPROXY_DEPLOYMENT_GROUP`
  if (reason !== undefined) {
    const rows = [
      servicePortRow(app, port),
      ...choiceRows(app, port),
      ...warningRows(app, port, scene),
      ...taskRows(app, port, undefined, scene),
    ]
    return { title: `${title} is left out${whole && ` with ${whole}`}: ${reason}`, rows }
  }
  if (!service) return undefined
  if (whole) return { title: `${title} is served with ${whole}`, rows: rowsOfPart(app, port, service, scene) }
  return { title: `${title}, backend ${service.backend}`, rows: rowsOfOwner(app, port, service, scene) }
}

function rowsOfOwner(app: App, port: AppPort, service: Service, scene: Scene): Row[] {
  const labels = readLabels(app.labels, port.index, scene.host)
  const merged = mergedInto(app, port.index, scene)
  return [
    servicePortRow(app, port, labels),
    ...listenerRows(service, labels),
    modeRow(app, port, service, labels),
    ...choiceRows(app, port),
    ...[app, ...merged].flatMap((one) => askedRows(one, service, scene)),
    ...addedRows(service, scene),
    ...merged.map(({ id }) => ({
      about: 'merged',
      says: `with ${id} port ${port.index}, by HAPROXY_DEPLOYMENT_GROUP`,
    })),
    ...demandRows(service),
    checkRow(app, port, service, labels),
    ...warningRows(app, port, scene),
    ...taskRows(app, port, service, scene),
  ]
}

/** Service port, mode, demands and check are those of the oldest app. */
const rowsOfPart = (app: App, port: AppPort, service: Service, scene: Scene): Row[] => [
  ...choiceRows(app, port),
  ...askedRows(app, service, scene),
  ...warningRows(app, port, scene),
  ...taskRows(app, port, service, scene),
]

/** The labels by which an operator chooses. */
function choiceRows({ labels }: App, { index }: AppPort): Row[] {
  const own = `HAPROXY_${index}_GROUP`
  const groups = readGroups(labels, index)
  const enabled = labels[`HAPROXY_${index}_ENABLED`]
  return [
    ...(groups.length > 0
      ? [{ about: 'group', says: `${groups.join(', ')}, by ${labels[own] === undefined ? 'HAPROXY_GROUP' : own}` }]
      : []),
    ...(enabled === undefined ? [] : [{ about: 'enabled', says: `${enabled}, by HAPROXY_${index}_ENABLED` }]),
  ]
}

const warningRows = ({ id }: App, { index }: AppPort, { findings }: Scene): Row[] =>
  findings
    .filter((finding) => isOfPort(finding, id, index) && reasonIn(finding.says) === undefined)
    .map(({ says }) => warning(says))
