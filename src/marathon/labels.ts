import { shown } from './json.js'
import * as values from './label-values.js'

/** What a service demands of HAProxy between the client and its servers, wherever the client comes in. */
export interface Demands {
  balance: string | undefined
  sticky: boolean
  allowedNetworks: string[]
  auth: values.Auth | undefined
  redirectToHttps: boolean
  hsts: boolean
  /** A path that is stripped from requests, and one that is put before the `Location` of responses. */
  proxyPassPath: string | undefined
  reverseProxyPath: string | undefined
  /** Where requests for `/` are sent. */
  redirect: string | undefined
}

/** The listener of a service port, as far as labels say something of it. */
interface BindLabels {
  port: number | undefined
  address: string | undefined
  certificate: string | undefined
  options: string[]
}

/** What the labels say of one port of an app; undefined where they say nothing. */
export interface PortLabels {
  mode: 'http' | 'tcp' | undefined
  vhosts: string[]
  /** Without their last slash; empty where the whole host is meant. */
  paths: string[]
  weight: number | undefined
  checkPortIndex: number | undefined
  bind: BindLabels
  demands: Demands
  /** Names of labels that are passed over. */
  passedOver: string[]
}

/** What labels may say of this host: the operator's certificates (files and folders), and whether they may name any file or option. */
export interface HostRules {
  certificates: string[]
  trustLabels: boolean
}

/** A label whose value cannot be what it should be, or that this version cannot honour. */
export class LabelError extends Error {}

/** The groups of an app's n-th port. */
export const readGroups = (labels: Record<string, string>, index: number): string[] =>
  values.commaList(labels[`HAPROXY_${index}_GROUP`] ?? labels['HAPROXY_GROUP'] ?? '')

/** Whether an app's n-th port is switched on or off; undefined: not said. Throws a LabelError for a switch that is neither. */
export const readSwitch = (labels: Record<string, string>, index: number): boolean | undefined =>
  readerOf(labels, `HAPROXY_${index}_`)('ENABLED', values.yesOrNo, 'true or false')

/**
 * The labels of an app's n-th port, typed (names and meanings as in marathon-lb §3). Throws a LabelError that names label and
 * fault: a label is untrusted input, and a service whose labels are not understood whole is not routed at all.
 */
export function readLabels(labels: Record<string, string>, index: number, host: HostRules): PortLabels {
  const prefix = `HAPROXY_${index}_`
  const names = Object.keys(labels).filter((name) => name.startsWith(prefix))
  // Most ports have none, and a reply has thousands of ports.
  if (names.length === 0) return nothing
  const passedOver = checkNames(names, labels, prefix)
  const read = readerOf(labels, prefix)
  const flag = (name: string): boolean => read(name, values.yesOrNo, 'true or false') ?? false
  const path = 'an absolute path of a URL'
  return {
    mode: read('MODE', values.mode, 'http or tcp'),
    vhosts: read('VHOST', values.hosts, 'a list of host names separated by commas') ?? [],
    paths: read('PATH', values.urlPaths, 'a list of absolute paths separated by blanks') ?? [],
    weight: read('BACKEND_WEIGHT', values.weight, 'a whole number'),
    checkPortIndex: read('BACKEND_HEALTHCHECK_PORT_INDEX', values.index, 'the index of a port'),
    bind: {
      port: read('PORT', values.port, 'a port from 1 to 65535'),
      address: read('BIND_ADDR', values.bindAddress, 'an IP address or *'),
      certificate: read('SSL_CERT', certificate(host), 'a certificate of --ssl-cert (see --trust-labels)'),
      options:
        read(
          'BIND_OPTIONS',
          host.trustLabels ? values.anyBindOptions : values.harmlessBindOptions,
          'made of options that every app may set (see --trust-labels)',
        ) ?? [],
    },
    demands: {
      balance: read('BALANCE', values.balance, 'an algorithm of HAProxy'),
      sticky: flag('STICKY'),
      allowedNetworks:
        read('BACKEND_NETWORK_ALLOWED_ACL', values.networks, 'a list of networks separated by blanks') ?? [],
      auth: read('AUTH', values.auth, 'realm:user:hash with a hash as crypt(3) writes it, of bearable cost'),
      redirectToHttps: flag('REDIRECT_TO_HTTPS'),
      hsts: flag('USE_HSTS'),
      proxyPassPath: read('HTTP_BACKEND_PROXYPASS_PATH', values.urlPath, path),
      reverseProxyPath: read('HTTP_BACKEND_REVPROXY_PATH', values.urlPath, path),
      redirect: read('HTTP_BACKEND_REDIR', values.location, 'another absolute path or an http or https URL'),
    },
    passedOver,
  }
}

const nothing: PortLabels = {
  mode: undefined,
  vhosts: [],
  paths: [],
  weight: undefined,
  checkPortIndex: undefined,
  bind: { port: undefined, address: undefined, certificate: undefined, options: [] },
  demands: {
    balance: undefined,
    sticky: false,
    allowedNetworks: [],
    auth: undefined,
    redirectToHttps: false,
    hsts: false,
    proxyPassPath: undefined,
    reverseProxyPath: undefined,
    redirect: undefined,
  },
  passedOver: [],
}

/** An empty value of one of these may have been meant to close; of any other label it says nothing. */
const closing = ['AUTH', 'BACKEND_NETWORK_ALLOWED_ACL', 'ENABLED']

/** Labels whose value nobody else may see. */
const secret = ['AUTH']

type Read = <T>(name: string, parse: values.ParseLabel<T>, wanted: string) => T | undefined

/** Reads labels below a prefix. */
export function readerOf(labels: Record<string, string>, prefix: string): Read {
  return (name, parse, wanted) => {
    const value = labels[prefix + name]?.trim()
    if (value === undefined || (value === '' && !closing.includes(name))) return undefined
    const parsed = parse(value)
    if (parsed !== undefined) return parsed
    const given = secret.includes(name) ? 'has a value' : `is ${shown(withoutLogin(value))},`
    throw new LabelError(`label ${prefix}${name} ${given} which is not ${wanted}`)
  }
}

/** A value without the user and password of a URL in it. */
const withoutLogin = (value: string): string => value.replace(/\/\/[^/@\s]*@/g, '//***@')

/** A certificate that the operator gave, or that lies in a folder the operator gave; any file where labels are trusted. */
const certificate =
  ({ certificates, trustLabels }: HostRules): values.ParseLabel<string> =>
  (value) => {
    const path = values.filePath(value)
    const isGiven = certificates.some((given) => path === given || path?.replace(/\/[^/]+$/, '') === given)
    return trustLabels || isGiven ? path : undefined
  }

const known = [
  ...['GROUP', 'ENABLED', 'VHOST', 'PATH', 'BACKEND_WEIGHT', 'MODE', 'PORT', 'BIND_ADDR', 'BIND_OPTIONS', 'SSL_CERT'],
  ...['BALANCE', 'STICKY', 'AUTH', 'REDIRECT_TO_HTTPS', 'USE_HSTS', 'BACKEND_NETWORK_ALLOWED_ACL'],
  ...['BACKEND_HEALTHCHECK_PORT_INDEX', 'HTTP_BACKEND_REDIR'],
  ...['HTTP_BACKEND_PROXYPASS_PATH', 'HTTP_BACKEND_REVPROXY_PATH'],
]

/** The templates of marathon-lb, most of which a label replaces there (marathon-lb §4). */
const templates = [
  ...['HEAD', 'FRONTEND_HEAD', 'BACKEND_HEAD', 'USERLIST_HEAD', 'FRONTEND_BACKEND_GLUE'],
  ...['BACKEND_HTTP_OPTIONS', 'BACKEND_HSTS_OPTIONS', 'BACKEND_STICKY_OPTIONS', 'BACKEND_SERVER_OPTIONS'],
  ...['BACKEND_HTTP_HEALTHCHECK_OPTIONS', 'BACKEND_TCP_HEALTHCHECK_OPTIONS'],
  ...['BACKEND_SERVER_HTTP_HEALTHCHECK_OPTIONS', 'BACKEND_SERVER_TCP_HEALTHCHECK_OPTIONS'],
  ...['BACKEND_REDIRECT_HTTP_TO_HTTPS', 'BACKEND_REDIRECT_HTTP_TO_HTTPS_WITH_PATH'],
  ...['HTTP_BACKEND_PROXYPASS_GLUE', 'HTTP_BACKEND_REVPROXY_GLUE'],
  ...['HTTP_BACKEND_ACL_ALLOW_DENY', 'TCP_BACKEND_ACL_ALLOW_DENY'],
  ...['HTTP_BACKEND_NETWORK_ALLOWED_ACL', 'TCP_BACKEND_NETWORK_ALLOWED_ACL'],
  ...['HTTP_FRONTEND_HEAD', 'HTTP_FRONTEND_APPID_HEAD', 'HTTPS_FRONTEND_HEAD', 'HTTPS_GROUPED_FRONTEND_HEAD'],
  ...['HTTPS_GROUPED_VHOST_BACKEND_HEAD', 'HTTPS_GROUPED_VHOST_FRONTEND_HEAD', 'HTTPS_GROUPED_VHOST_FRONTEND_ACL'],
  ...['HTTP_FRONTEND_ACL', 'HTTP_FRONTEND_ACL_WITH_PATH', 'HTTP_FRONTEND_ACL_WITH_AUTH'],
  ...['HTTP_FRONTEND_ACL_WITH_AUTH_AND_PATH', 'HTTP_FRONTEND_ACL_ONLY', 'HTTP_FRONTEND_ACL_ONLY_WITH_PATH'],
  ...['HTTP_FRONTEND_ACL_ONLY_WITH_PATH_AND_AUTH', 'HTTP_FRONTEND_APPID_ACL', 'HTTP_FRONTEND_ROUTING_ONLY'],
  ...['HTTP_FRONTEND_ROUTING_ONLY_WITH_PATH', 'HTTP_FRONTEND_ROUTING_ONLY_WITH_AUTH'],
  ...['HTTP_FRONTEND_ROUTING_ONLY_WITH_PATH_AND_AUTH', 'HTTPS_FRONTEND_ROUTING_ONLY_WITH_PATH_AND_AUTH'],
  ...['HTTPS_FRONTEND_ACL', 'HTTPS_FRONTEND_ACL_WITH_PATH', 'HTTPS_FRONTEND_ACL_ONLY_WITH_PATH'],
  ...['HTTPS_FRONTEND_ACL_WITH_AUTH', 'HTTPS_FRONTEND_ACL_WITH_AUTH_AND_PATH'],
  ...['HTTPS_FRONTEND_AUTH_ACL_ONLY', 'HTTPS_FRONTEND_AUTH_REQUEST_ONLY', 'MAP_HTTPS_FRONTEND_ACL'],
  ...['MAP_HTTP_FRONTEND_ACL', 'MAP_HTTP_FRONTEND_ACL_ONLY', 'MAP_HTTP_FRONTEND_APPID_ACL'],
]

/** Directives of HAProxy that keep somebody out, and what is only asked in order to. */
const restricting = new RegExp(
  [
    // Blanks only: that a line may begin anywhere in a run of newlines would cost the square of its length.
    String.raw`^[ \t\v\f]*(http-(request|response)|tcp-(request|response)\s+\S+)\s+(deny|reject|tarpit|auth|return|silent-drop)\b`,
    String.raw`^[ \t\v\f]*((req|rsp)i?(deny|tarpit)|block|stats\s+(auth|http-request))\b`,
    String.raw`\bhttp_auth(_group)?\(`,
    String.raw`\bverify\s+required\b`,
  ].join('|'),
  'm',
)
const comment = /(^|\s)#.*$/gm

/**
 * The names of labels that are passed over: texts of HAProxy for templates of marathon-lb, which no label may write here. Throws a
 * LabelError for such a text that keeps somebody out and for a name that is not known: an AUTH that is passed over would open what
 * its owner closed.
 */
export function checkNames(names: string[], labels: Record<string, string>, prefix: string): string[] {
  const passedOver = names.filter((name) => !known.includes(name.slice(prefix.length)))
  for (const name of passedOver.sort()) {
    if (!templates.includes(name.slice(prefix.length)))
      throw new LabelError(`label ${shown(name)} is not one that this version knows`)
    if (restricting.test((labels[name] ?? '').replace(comment, '')))
      throw new LabelError(`label ${name} keeps somebody out by a text of HAProxy, which a label may not write here`)
  }
  return passedOver
}
