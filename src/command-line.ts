import { Command, CommanderError, Option } from 'commander'
import { type CommandName, type CommandSpec, commandSpecs, type OwnOption } from './command-table.js'
import { exitStatuses, UpdaterError } from './errors.js'
import { optionSpecs } from './option-table.js'
import { didYouMean } from './option-values.js'
import { generalOptions, variableOf } from './options.js'
import { version } from './version.js'

/** What the command line asks for: a command, what follows its name, its own options, and those of the run, all raw and by name. */
export interface Asked {
  command: 'run' | CommandName
  argument: string | undefined
  own: Record<string, unknown>
  flags: Record<string, unknown>
}

/**
 * Reads the command line; undefined after `--help` and `--version`, which `print`. Throws `usage` and names the nearest known option.
 */
export function readCommandLine(argv: string[], print: (text: string) => void): Asked | undefined {
  let asked: Asked | undefined
  const program = commandLine(print, (found) => {
    asked = found
  })
  try {
    program.parse(argv)
    return asked
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return undefined
    throw new UpdaterError('usage', usageMessage(error, program), { cause: error })
  }
}

/** The value of a command's own option, parsed; its default, or undefined, where it was not given. Throws `usage`. */
export function ownOption<T>({ flags, parse, default: fallback }: OwnOption<T>, given: unknown): T | undefined {
  const value = given ?? fallback
  return value === undefined ? undefined : parse({ value, where: /--[a-z-]+/.exec(flags)?.[0] ?? flags })
}

/** The command line with all its commands, options and help, as commander knows it. */
function commandLine(print: (text: string) => void, then: (asked: Asked) => void): Command {
  const program = new Command('haproxy-updater')
    .description(
      'Keeps haproxy.cfg true to what Marathon runs: one run asks, renders, validates, replaces, reloads and verifies.',
    )
    .version(version, generalOptions.version.flags, generalOptions.version.help)
    .helpOption(generalOptions.help.flags, generalOptions.help.help)
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: print,
      writeErr: () => undefined,
      getOutHelpWidth: () => Math.min(process.stdout.columns ?? 100, 110),
    })
    .showSuggestionAfterError(false)
    .configureHelp({ sortSubcommands: false })
    .addHelpText('after', helpTail)
    .action((flags) => then({ command: 'run', argument: undefined, own: {}, flags }))
  for (const option of optionsOf()) program.addOption(option)
  for (const [name, spec] of Object.entries<CommandSpec>(commandSpecs)) {
    const command = program.command(name).description(spec.help)
    if (spec.argument) command.argument(spec.argument)
    for (const option of Object.values(spec.options)) command.option(option.flags, option.help + shown(option.default))
    command.action(() => {
      const [argument] = command.args
      then({ command: name as CommandName, argument, own: command.opts(), flags: program.opts() })
    })
  }
  return program
}

const shown = (fallback: string | string[] | undefined): string =>
  fallback === undefined || fallback === 'false' || fallback === '0' ? '' : ` (default: ${[fallback].flat().join(' ')})`

/** Values stay as they are written: flags, environment and config file are parsed in one place. */
function optionsOf(): Option[] {
  const options = Object.values(optionSpecs).map(({ flags, help, group, default: fallback, repeats }) => {
    const option = new Option(flags, help + shown(fallback)).helpGroup(group)
    return repeats ? option.argParser(collect) : option
  })
  const config = new Option(
    generalOptions.config.flags,
    generalOptions.config.help + shown(generalOptions.config.default),
  )
  return [...options, config.helpGroup('Output and manners:')]
}

const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value]

function helpTail(): string {
  const statuses = exitStatuses.map(
    ({ status, name, when }) => `  ${String(status).padStart(3)}  ${name.padEnd(15)} ${when}`,
  )
  return `
A duration is a number of seconds, or a number with ms, s or m. Every option is also a variable, such as
${variableOf('marathon')}, and a key of the config file; flags come before variables, variables before the file.

Exit statuses:
${statuses.join('\n')}
  128+n signal          ended by signal n, after cleaning up

Examples:
  haproxy-updater --dry-run                        what would change?
  haproxy-updater -m http://10.0.0.5:8080 -q       one run, as cron does it
  haproxy-updater routes /shop/web                 why is this app routed as it is, or not?
  haproxy-updater check --templates ours           do these templates render, and does HAProxy take it?`
}

function usageMessage(error: CommanderError, program: Command): string {
  const message = error.message.replace(/^error: /, '')
  const [word = '', ...rest] = program.args
  const command = program.commands.find((candidate) => candidate.name() === word)
  const unknown = /unknown option '(-[^=']*)/.exec(message)?.[1]
  if (unknown) return `${message}${knownElsewhere(unknown, program) ?? nearest(unknown, [program, command])}`
  if (error.code !== 'commander.excessArguments' && error.code !== 'commander.unknownCommand')
    return `${message}; see --help`
  if (command) return `${word} takes no argument ${rest[command.registeredArguments.length]}; see --help`
  const commands = program.commands.map((candidate) => candidate.name())
  return `unknown command '${word}'${didYouMean(word, commands)}; the commands are ${commands.join(', ')}, or none for a run`
}

function knownElsewhere(flag: string, { commands }: Command): string | undefined {
  const owner = commands.find(({ options }) => options.some(({ long, short }) => [long, short].includes(flag)))
  return owner && `: ${flag} is an option of ${owner.name()}; see --help`
}

function nearest(flag: string, places: (Command | undefined)[]): string {
  const known = places.flatMap((place) => place?.options.flatMap(({ long }) => long ?? []) ?? [])
  return `${didYouMean(flag, known)}; --help lists them all`
}
