import { readFileSync } from 'node:fs'
import { reasonOf, UpdaterError } from './errors.js'
import { parseJson } from './json-text.js'
import { shown } from './marathon/json.js'
import type { OptionSpec } from './option-spec.js'
import { optionSpecs } from './option-table.js'
import { didYouMean, type Given } from './option-values.js'
import { withoutBom } from './text.js'

type Specs = typeof optionSpecs

/** The options of a run, parsed and typed: durations in ms, sizes in bytes, `off` and `none` as undefined. */
export type Options = { [K in keyof Specs]: ReturnType<Specs[K]['parse']> }

/** The config file that is read when it is there and no other is named. */
export const defaultConfigFile = '/etc/haproxy-updater.json'

/** Options of the command line alone. */
export const generalOptions = {
  config: {
    flags: '-c, --config <file>',
    help: 'the same options as JSON keys',
    default: `${defaultConfigFile} if present`,
  },
  help: { flags: '-h, --help', help: 'print a summary of commands and options' },
  version: { flags: '--version', help: 'print the version' },
}

/** `haproxyConfig` → `haproxy-config`: the long flag without dashes, which is also the key in the config file. */
export const keyOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** `haproxyConfig` → `HAPROXY_UPDATER_HAPROXY_CONFIG`. */
export const variableOf = (name: string): string => `HAPROXY_UPDATER_${keyOf(name).toUpperCase().replaceAll('-', '_')}`

/** Variables that hold secrets. */
export const secretVariables = ['HAPROXY_UPDATER_AUTH', 'HAPROXY_UPDATER_TOKEN', 'HAPROXY_UPDATER_DCOS_CREDENTIALS']

/** Variables that are no option of the table: the config file's place and the secrets. */
export const otherVariables = ['HAPROXY_UPDATER_CONFIG', ...secretVariables]

/**
 * The options of one run from flags, environment, config file and defaults, in this order of precedence.
 * `flags` holds raw values by option name, and `config` the file named by `--config`.
 * Throws `usage` for a wrong flag or variable, `no-input` and `bad-setup` for the config file.
 */
export function readOptions(flags: Record<string, unknown>, env: NodeJS.ProcessEnv): Options {
  refuseUnknownVariables(env)
  const file = readConfigFile(flags['config'] ?? (env['HAPROXY_UPDATER_CONFIG'] || undefined))
  const options: Record<string, unknown> = {}
  for (const [name, option] of Object.entries<OptionSpec<unknown>>(optionSpecs)) {
    const given =
      givenFlag(name, flags) ?? givenVariable(name, env) ?? file.get(keyOf(name)) ?? givenDefault(name, option)
    options[name] = given && option.parse(given)
  }
  return checkTogether(options as Options)
}

const givenFlag = (name: string, flags: Record<string, unknown>): Given | undefined =>
  flags[name] === undefined ? undefined : { value: flags[name], where: `--${keyOf(name)}` }

function givenVariable(name: string, env: NodeJS.ProcessEnv): Given | undefined {
  const value = env[variableOf(name)]
  return value === undefined || value === '' ? undefined : { value, where: variableOf(name) }
}

const givenDefault = (name: string, option: OptionSpec<unknown>): Given | undefined =>
  option.default === undefined ? undefined : { value: option.default, where: `the default of --${keyOf(name)}` }

function checkTogether(options: Options): Options {
  if (options.quiet && options.verbose) {
    throw new UpdaterError('usage', '--quiet and --verbose contradict each other; give one of them')
  }
  const logins = [options.authFile, options.tokenFile, options.dcosCredentialsFile].filter(Boolean)
  if (logins.length > 1) {
    throw new UpdaterError(
      'usage',
      '--auth-file, --token-file and --dcos-credentials-file contradict each other; give one of them',
    )
  }
  const { httpPort, httpsPort, statsPort, appIdPort, sslCert } = options
  const ports = [httpPort, sslCert && httpsPort, statsPort, appIdPort].filter(Boolean)
  if (new Set(ports).size < ports.length) {
    throw new UpdaterError(
      'usage',
      `two of --http-port, --https-port, --stats-port and --app-id-port are the same (${ports.join(', ')})`,
    )
  }
  return options
}

function refuseUnknownVariables(env: NodeJS.ProcessEnv): void {
  const known = [...Object.keys(optionSpecs).map(variableOf), ...otherVariables]
  for (const name of Object.keys(env)) {
    if (name.startsWith('HAPROXY_UPDATER_') && !known.includes(name)) {
      throw new UpdaterError('usage', `unknown variable ${name} in the environment${didYouMean(name, known)}`)
    }
  }
}

function readConfigFile(named: unknown): Map<string, Given> {
  const path = typeof named === 'string' ? named : defaultConfigFile
  const source = readIfThere(path, named !== undefined)
  if (source === undefined) return new Map()
  const keys = Object.keys(optionSpecs).map(keyOf)
  const given = Object.entries(parseObject(path, withoutBom(source))).map(([key, value]): [string, Given] => {
    const where = `${path}:${lineOf(source, key)}`
    if (!keys.includes(key))
      throw new UpdaterError('bad-setup', `${where}: unknown key ${shown(key)}${didYouMean(key, keys)}`)
    return [key, { value, where: `${where}: "${key}"` }]
  })
  for (const [key, value] of given) checkFileValue(key, value)
  return new Map(given)
}

/** A wrong value in the file is the file's fault (78), found even where a flag overrides it. */
function checkFileValue(key: string, given: Given): void {
  const entry = Object.entries<OptionSpec<unknown>>(optionSpecs).find(([name]) => keyOf(name) === key)
  try {
    entry?.[1].parse(given)
  } catch (error) {
    throw new UpdaterError('bad-setup', reasonOf(error), { cause: error })
  }
}

function readIfThere(path: string, mustExist: boolean): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (!mustExist && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new UpdaterError('no-input', `cannot read the config file ${path}: ${reasonOf(error)}`, { cause: error })
  }
}

function parseObject(path: string, source: string): Record<string, unknown> {
  const parsed = parseJson(source, path)
  if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed)) {
    throw new UpdaterError('bad-setup', `${path}:1: the config file is not a JSON object of options`)
  }
  return parsed as Record<string, unknown>
}

const lineOf = (source: string, key: string): number =>
  source.slice(0, Math.max(0, source.search(new RegExp(`"${key.replace(/[^\\w-]/g, '.')}"\\s*:`)))).split('\n').length
