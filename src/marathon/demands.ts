import { type Demands, LabelError, type PortLabels } from './labels.js'

/** Labels that say something which cannot be done: of http in mode tcp, and of hosts where there is none. */
export function idleLabels({ vhosts, paths, demands }: PortLabels, mode: 'http' | 'tcp'): string[] {
  if (mode === 'http') return paths.length > 0 && vhosts.length === 0 ? ['PATH (without VHOST)'] : []
  const idle = {
    VHOST: vhosts.length > 0,
    STICKY: demands.sticky,
    REDIRECT_TO_HTTPS: demands.redirectToHttps,
    USE_HSTS: demands.hsts,
    HTTP_BACKEND_REDIR: demands.redirect !== undefined,
    HTTP_BACKEND_PROXYPASS_PATH: demands.proxyPassPath !== undefined,
    HTTP_BACKEND_REVPROXY_PATH: demands.reverseProxyPath !== undefined,
  }
  return Object.entries(idle).flatMap(([name, isSet]) => (isSet ? [`${name} (in mode tcp)`] : []))
}

/**
 * What a service demands, as far as it can be had in this mode and with `https` served or not. Throws a LabelError where somebody would
 * be let in who should not be, or clients be spread otherwise than they must; of the rest, `warn` is told.
 */
export function demandsOf(
  { demands }: PortLabels,
  mode: 'http' | 'tcp',
  https: boolean,
  warn: (what: string) => void,
): Demands {
  if (mode === 'tcp' && demands.auth) throw new LabelError('AUTH needs mode http, and the service is in mode tcp')
  if (mode === 'tcp' && /^(uri|url_param|hdr)/.test(demands.balance ?? ''))
    throw new LabelError(`BALANCE ${demands.balance} needs mode http, and the service is in mode tcp`)
  if (!demands.redirectToHttps || https || mode === 'tcp') return demands
  warn('is not redirected to https: there is no https frontend (see --ssl-cert)')
  return { ...demands, redirectToHttps: false }
}
