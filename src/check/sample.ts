import { isRecord, type Json, record } from '../marathon/json.js'
import type { Reply } from '../marathon/source.js'
import type { Options } from '../options.js'

/** The labels of the sample cluster that need https: only where there is a certificate, since each warns or is refused without. */
const withHttps = (certificate: string): Record<string, Record<string, string>> => ({
  '/shop/web': { HAPROXY_0_REDIRECT_TO_HTTPS: 'true' },
  '/shop/admin': { HAPROXY_0_SSL_CERT: certificate },
})

/** The packaged sample cluster as it is checked with these options: every part of the templates that they allow is used. */
export function sampleFor({ from, apps }: Reply, { sslCert, httpsPort }: Options): Reply {
  const certificate = httpsPort === undefined ? undefined : sslCert?.[0]
  if (certificate === undefined) return { from, apps }
  const labels = withHttps(certificate)
  return { from, apps: apps.map((app) => (isRecord(app) ? labelled(app, labels[String(app['id'])]) : app)) }
}

const labelled = (app: Json, labels: Record<string, string> | undefined): Json => ({
  ...app,
  labels: { ...record(app['labels']), ...labels },
})

/** Options that leave services out would leave the sample without what it is to show. */
export const optionsForSample = (options: Options): Options => ({ ...options, group: ['*'], requireEnabled: false })
