import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Creates a self-signed certificate in a folder and gives its files; `pem` is certificate and key in one, as HAProxy wants it. */
export function createCertificate(
  dir: string,
  commonName = 'localhost',
  altNames = ['DNS:localhost', 'IP:127.0.0.1'],
): { key: string; cert: string; pem: string } {
  const [key, cert, pem] = ['key', 'crt', 'pem'].map((type) => join(dir, `${commonName}.${type}`)) as [
    string,
    string,
    string,
  ]
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const subject = ['-subj', `/CN=${commonName}`, '-addext', `subjectAltName=${altNames.join(',')}`]
  execFileSync('openssl', [...request, ...subject, '-keyout', key, '-out', cert], { stdio: 'pipe' })
  writeFileSync(pem, readFileSync(cert, 'utf8') + readFileSync(key, 'utf8'), { mode: 0o600 })
  return { key, cert, pem }
}
