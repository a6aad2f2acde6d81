import { type PortLabels, readLabels } from '../marathon/labels.js'
import type { AppPort } from '../marathon/ports.js'
import type { App } from '../marathon/reply.js'
import type { Service } from '../marathon/services.js'
import { bindText } from '../render/names.js'
import type { Scene } from './port.js'
import type { Row } from './rows.js'

/** The service port, and the label or field that says it. */
export function servicePortRow({ network, mappings, fields }: App, port: AppPort, labels?: PortLabels): Row {
  const { index, servicePort } = port
  const about = 'service port'
  if (labels?.bind.port !== undefined) return { about, says: `${labels.bind.port}, by HAPROXY_${index}_PORT` }
  if (servicePort === undefined) return { about, says: 'none' }
  const isMapped = network !== 'host' && mappings[index]?.servicePort !== undefined
  const field = isMapped ? `${fields.mappings}[${index}].servicePort` : fields.ports[index]
  return { about, says: `${servicePort}, by ${field}` }
}

/** Where the service port is listened on, and what labels want of that. */
export function listenerRows({ listener, portIndex }: Service, { bind }: PortLabels): Row[] {
  if (!listener) return [{ about: 'listener', says: 'none' }]
  const { certificate, options } = listener
  const by = (label: string): string => `, by HAPROXY_${portIndex}_${label}`
  return [
    { about: 'listener', says: bindText(listener) + (bind.address === undefined ? '' : by('BIND_ADDR')) },
    ...(certificate === undefined ? [] : [{ about: 'certificate', says: certificate + by('SSL_CERT') }]),
    ...(options.length === 0 ? [] : [{ about: 'bind options', says: options.join(' ') + by('BIND_OPTIONS') }]),
  ]
}

/** Each host and path that an app asks for, with the labels that say so, and who has it instead of this service. */
export function askedRows(app: App, service: Service, { services, host }: Scene): Row[] {
  const index = service.portIndex
  const { vhosts, paths, weight } = readLabels(app.labels, index, host)
  const labels = ['VHOST', ...(paths.length > 0 ? ['PATH'] : []), ...(weight === undefined ? [] : ['BACKEND_WEIGHT'])]
  const by = labels.map((label) => `HAPROXY_${index}_${label}`).join(', ')
  const of = app.id === service.appId ? '' : ` of ${app.id}`
  const below = paths.length > 0 ? paths : ['']
  const places = service.mode === 'tcp' ? [] : vhosts.flatMap((vhost) => below.map((path) => vhost + path))
  return places.map((place) => ({
    about: 'route',
    says: `${place}, by ${by}${of}${whoElse(holderOf(place, services), service)}`,
  }))
}

/** What the operator's options add to that. */
export function addedRows({ backend, appId, routes }: Service, { report }: Scene): Row[] {
  const names = routes.filter(({ weight }) => weight === Number.POSITIVE_INFINITY)
  const header = report.services.some((service) => service.backend === backend && service.byAppId)
  return [
    ...names.map(({ host }) => `${host}, a name of Mesos-DNS, by --mesos-dns-domain`),
    ...(header ? [`X-Marathon-App-Id: ${appId}, by --app-id-port`] : []),
  ].map((says) => ({ about: 'route', says }))
}

/** Who has a place: the service with the longest route that leads there. */
function holderOf(place: string, services: Service[]): Service | undefined {
  let [longest, holder]: [number, Service | undefined] = [0, undefined]
  for (const service of services) {
    for (const { host, path } of service.routes) {
      const route = host + path
      if (route.length <= longest || !`${place}/`.startsWith(`${route}/`)) continue
      ;[longest, holder] = [route.length, service]
    }
  }
  return holder
}

const whoElse = (holder: Service | undefined, service: Service): string =>
  holder && holder !== service ? `: ${holder.appId} port ${holder.portIndex} has it` : ''
