import { readFileSync, statSync } from 'node:fs'
import { reasonOf, UpdaterError } from '../errors.js'
import type { Options } from '../options.js'

/** The certificate and key, in PEM, that this program shows where it is asked for them. */
export interface ClientCertificate {
  cert: string
  key: string
}

/** The certificates in a file, in PEM. Throws `no-input`. */
export const readCertificates = (file: string): string => readText(file, 'certificates')

/** A secret from a file that only its owner may read, without the line end. Throws `no-input`, or `bad-setup` for a lax mode. */
export function readSecret(file: string): string {
  const secret = readPrivate(file).split('\n')[0]?.trim() ?? ''
  if (secret === '') throw new UpdaterError('bad-setup', `${file}:1: the secret file is empty`)
  return secret
}

/** The text of a file that only its owner may read. Throws `no-input`, or `bad-setup` for a lax mode. */
export function readPrivate(file: string): string {
  const text = readText(file, 'secret file')
  requirePrivate(file)
  return text
}

/**
 * The client certificate that the options name, if they do; its key is in the same file or in one of its own. Throws `usage` for
 * a key alone, `no-input`, and `bad-setup` for a key that others can read and for what TLS would not take.
 */
export async function readClientCertificate(options: Options): Promise<ClientCertificate | undefined> {
  const { clientCert, clientKey } = options
  if (clientCert === undefined) {
    if (clientKey === undefined) return undefined
    throw new UpdaterError('usage', '--client-key is of no use without --client-cert; give both, or neither')
  }
  const cert = readText(clientCert, 'certificate')
  if (isKey(cert)) requirePrivate(clientCert)
  else if (clientKey === undefined)
    throw wrong('--client-cert', clientCert, 'holds no private key; name it with --client-key')
  const key = clientKey === undefined ? cert : readPrivate(clientKey)
  await requireUsable({ cert, key }, clientCert, clientKey)
  return { cert, key }
}

const isKey = (pem: string): boolean => pem.includes('PRIVATE KEY-----')

async function requireUsable({ cert, key }: ClientCertificate, certFile: string, keyFile?: string): Promise<void> {
  const { createSecureContext } = await import('node:tls')
  try {
    // In a list, an empty text is refused too.
    createSecureContext({ cert: [cert] })
  } catch (error) {
    throw wrong('--client-cert', certFile, `holds no certificate that TLS takes (${reasonOf(error)})`)
  }
  try {
    createSecureContext({ cert: [cert], key: [key] })
  } catch (error) {
    const reason = `holds no key that fits the certificate, in PEM and without a passphrase (${reasonOf(error)})`
    throw keyFile === undefined ? wrong('--client-cert', certFile, reason) : wrong('--client-key', keyFile, reason)
  }
}

const wrong = (flag: string, file: string, reason: string): UpdaterError =>
  new UpdaterError('bad-setup', `${flag} ${file} ${reason}`)

function requirePrivate(file: string): void {
  if (statSync(file).mode & 0o077) {
    throw new UpdaterError('bad-setup', `the secret file ${file} can be read by others; chmod 600 ${file}`)
  }
}

function readText(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UpdaterError('no-input', `cannot read the ${what} ${file}: ${reasonOf(error)}`, { cause: error })
  }
}
