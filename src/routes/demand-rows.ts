import type { Service } from '../marathon/services.js'
import type { Row } from './rows.js'

/** What a service demands between client and servers, each with its label; of a login, never the password's hash. */
export function demandRows({ demands, portIndex, mode }: Service): Row[] {
  const { balance, allowedNetworks, auth, sticky, redirectToHttps, hsts } = demands
  const { redirect, proxyPassPath, reverseProxyPath } = demands
  const always = {
    BALANCE: balance && `balance ${balance}`,
    BACKEND_NETWORK_ALLOWED_ACL: allowedNetworks.length > 0 && `only from ${allowedNetworks.join(' ')}`,
  }
  const http = {
    AUTH: auth && `login as ${auth.user} to "${auth.realm}"`,
    STICKY: sticky && 'a cookie pins clients to servers',
    REDIRECT_TO_HTTPS: redirectToHttps && 'http goes to https',
    USE_HSTS: hsts && 'browsers stay at https',
    HTTP_BACKEND_REDIR: redirect && `/ goes to ${redirect}`,
    HTTP_BACKEND_PROXYPASS_PATH: proxyPassPath && `${proxyPassPath} is taken off requests`,
    HTTP_BACKEND_REVPROXY_PATH: reverseProxyPath && `${reverseProxyPath} is put before the Location of answers`,
  }
  const demanded = Object.entries(mode === 'http' ? { ...always, ...http } : always)
  return demanded.flatMap(([label, what]) =>
    what ? [{ about: 'demand', says: `${what}, by HAPROXY_${portIndex}_${label}` }] : [],
  )
}
