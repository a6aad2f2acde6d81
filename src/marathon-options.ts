import { optional, repeated, spec } from './option-spec.js'
import * as values from './option-values.js'

const marathon = 'Marathon:'

/** The options that say where Marathon is and how it is asked: the first of the table. */
export const marathonOptions = {
  marathon: repeated(
    spec(
      marathon,
      '-m, --marathon <url>',
      'Marathon to ask; repeat for more, tried in order until one gives a usable reply; a base path is kept',
      values.list(values.url),
      ['http://marathon.mesos:8080'],
    ),
  ),
  from: repeated(
    spec(
      marathon,
      '--from <file>',
      'a recorded reply instead of Marathon; - is standard input; repeat for more, or give folders, with check',
      optional(values.list(values.text)),
    ),
  ),
  labelSelector: spec(
    marathon,
    '--label-selector <selector>',
    "passed on as Marathon's label=, so that it answers less",
    optional(values.text),
  ),
  authFile: spec(
    marathon,
    '--auth-file <file>',
    'file (mode 0600) with user:password for basic authentication; or HAPROXY_UPDATER_AUTH',
    optional(values.text),
  ),
  tokenFile: spec(
    marathon,
    '--token-file <file>',
    'file (mode 0600) with a DC/OS authentication token; or HAPROXY_UPDATER_TOKEN',
    optional(values.text),
  ),
  dcosCredentialsFile: spec(
    marathon,
    '--dcos-credentials-file <file>',
    'file (mode 0600) with the JSON of a DC/OS service account; or HAPROXY_UPDATER_DCOS_CREDENTIALS',
    optional(values.text),
  ),
  clientCert: spec(
    marathon,
    '--client-cert <file>',
    'certificate (PEM) that this program shows to Marathon',
    optional(values.text),
  ),
  clientKey: spec(
    marathon,
    '--client-key <file>',
    'its key (mode 0600), if it is not in the same file',
    optional(values.text),
  ),
  caFile: spec(marathon, '--ca-file <file>', 'certificates that Marathon is verified with', optional(values.text)),
  maxReplySize: spec(marathon, '--max-reply-size <MiB>', 'a larger reply is refused', values.mebibytes, '512'),
}
