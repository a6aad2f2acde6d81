import { UpdaterError } from './errors.js'
import { type Bind, bindsIn, untriableOptions } from './haproxy/config-text.js'
import { type Refused, tryListeners } from './haproxy/listeners.js'
import type { Finding } from './marathon/findings.js'
import type { Listener, Service } from './marathon/services.js'
import { bindText } from './render/names.js'
import type { Frontends } from './render/view.js'

/**
 * Leaves out each service port that cannot be listened on, and the stats page, with a finding each; their hosts stay routed. `held`: what
 * HAProxy holds already; undefined: nothing is tried.
 */
export async function listenable(services: Service[], frontends: Frontends, held: Bind[] | undefined) {
  if (!held) return { services, frontends, findings: [] }
  const binds = services.flatMap(({ listener }) => (listener ? [bindOf(listener)] : []))
  const stats = frontends.stats ? [{ address: '127.0.0.1', port: frontends.stats }] : []
  const refused = new Map(
    (await tryListeners([...binds, ...stats], held)).map((refusal) => [bindText(refusal.bind), refusal]),
  )
  const findings: Finding[] = []
  const open = services.map((service) => {
    const refusal = service.listener && refused.get(bindText(service.listener))
    if (!refusal) return service
    const { appId, portIndex } = service
    findings.push({ kind: 'no-listener', appId, portIndex, says: `gets no listener: ${why(refusal)}` })
    return { ...service, listener: undefined }
  })
  const statsRefused = stats[0] && refused.get(bindText(stats[0]))
  if (statsRefused)
    findings.push({ kind: 'no-listener', says: `the stats page gets no listener: ${why(statsRefused)}` })
  return { services: open, frontends: statsRefused ? { ...frontends, stats: undefined } : frontends, findings }
}

const bindOf = ({ address, port, options }: Listener): Bind => ({
  address,
  port,
  isUntriable: options.some((option) => untriableOptions.includes(option)),
})

/**
 * Throws `port-taken` where a bind of the text that is no service's cannot be opened: the http and https ports, and what the operator's
 * templates bind, cannot be left out, and a reload onto a busy port is an outage.
 */
export async function requireListeners(text: string, services: Service[], held: Bind[] | undefined): Promise<void> {
  if (!held) return
  const ofServices = new Set(services.flatMap(({ listener }) => (listener ? [bindText(listener)] : [])))
  const others = bindsIn(text).filter((bind) => !ofServices.has(bindText(bind)))
  const refusal = (await tryListeners(others, held))[0]
  if (!refusal) return
  throw new UpdaterError(
    'port-taken',
    `HAProxy could not listen there: ${why(refusal)}; HAProxy was not reloaded and the live file is untouched; free the port; or ` +
      'restart HAProxy, if it holds the port itself and has no such stats socket yet; or give --port-check off, where HAProxy has ' +
      'another network namespace or rights that this user lacks',
  )
}

function why({ bind, code }: Refused): string {
  const reasons: Record<string, string> = {
    EADDRINUSE: 'another process holds it',
    EADDRNOTAVAIL: 'this host does not have that address',
    EACCES: 'this user may not listen there',
  }
  return `${bindText(bind)} (${code}${reasons[code] ? `: ${reasons[code]}` : ''})`
}
