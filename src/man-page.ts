import { type CommandSpec, commandSpecs } from './command-table.js'
import { exitStatuses } from './errors.js'
import type { OptionSpec } from './option-spec.js'
import { optionSpecs } from './option-table.js'
import { defaultConfigFile, generalOptions, keyOf, secretVariables, variableOf } from './options.js'
import { bold, example, italic, item, plain, section, typed } from './roff.js'

/** The manual page of section 1, in roff with the macros of man(7), from the tables that `--help` comes from. */
export const manPage = (version: string): string =>
  [
    `.TH HAPROXY\\-UPDATER 1 "" "haproxy\\-updater ${plain(version)}" "User Commands"`,
    // Options are to be found and copied whole.
    '.nh\n.ad l',
    section('SH', 'NAME', 'haproxy\\-updater \\- keeps haproxy.cfg true to what a Marathon cluster runs'),
    section('SH', 'SYNOPSIS', synopsis()),
    section('SH', 'DESCRIPTION', ...description.map((text) => `.PP\n${plain(text)}`)),
    section('SH', 'COMMANDS', ...commands.flatMap(([name, spec]) => commandItems(name, spec))),
    section('SH', 'OPTIONS', `.PP\n${plain(aboutOptions)}`, ...groups().map(optionsOf)),
    section('SH', 'EXIT STATUS', ...statusItems()),
    section('SH', 'ENVIRONMENT', ...variables.map(([name, says]) => item(bold(name), says))),
    section('SH', 'FILES', ...files.map(([path, says]) => item(italic(path), says))),
    section('SH', 'EXAMPLES', ...examples.map(([says, text]) => `.PP\n${plain(says)}\n${example(text)}`)),
    section('SH', 'SEE ALSO', `${seeAlso.map(([name, part]) => `${bold(name)}(${part})`).join(', ')}\n`),
  ].join('\n')

const commands = Object.entries<CommandSpec>(commandSpecs)
const specs = Object.values<OptionSpec<unknown>>(optionSpecs)

/** A command as it is written, with what follows its name. */
const written = (name: string, { argument }: CommandSpec): string => [name, argument].filter(Boolean).join(' ')

function synopsis(): string {
  const forms = ['', ...commands.map(([name, spec]) => typed(written(name, spec)))]
  return forms.map((form) => `${bold('haproxy-updater')} ${form && `${form} `}[${italic('options')}]`).join('\n.br\n')
}

const description = [
  'One run, as cron or a systemd timer starts it every minute, asks Marathon which tasks run where and renders haproxy.cfg and its maps from templates. Only if something changed, it has haproxy -c check the text, passes a safety gate, replaces the live file in one step, reloads HAProxy, and proves on the stats socket that the running HAProxy loaded it.',
  'Whatever fails, traffic goes on with the last good configuration, and the next run repairs what is left. A configuration that HAProxy does not take is rolled back to the last one that it was seen to run.',
  "With --follow, a run stays until the next one, and runs again when Marathon's events say that routes may have changed: a change then waits for a fraction of a second and not for the minute.",
  'Off a terminal, a run that changed nothing prints nothing, and the same failure is told again only once an hour. Standard output is for what was asked for (a difference, a configuration, JSON), standard error for all else.',
]

const commandItems = (name: string, spec: CommandSpec): string[] => [
  item(typed(written(name, spec)), spec.help),
  ...(Object.keys(spec.options).length > 0 ? ['.RS', ...Object.values(spec.options).map(optionItem), '.RE'] : []),
]

const aboutOptions =
  'Each option is also a variable of the environment and a key of the config file; flags come before variables, variables before the file. A duration is a number of seconds, or a number with ms, s or m.'

const groups = (): string[] => [...new Set(specs.map(({ group }) => group)), 'General:']

function optionsOf(group: string): string {
  const own = group === 'General:' ? Object.values(generalOptions) : specs.filter((spec) => spec.group === group)
  return section('SS', group.replace(':', ''), ...own.map(optionItem))
}

function optionItem(option: { flags: string; help: string; default?: string | string[] }): string {
  const fallback = [option.default ?? []].flat().join(' ')
  const isSaid = !['', 'false', '0'].includes(fallback)
  return item(typed(option.flags), option.help + (isSaid ? ` (default: ${fallback})` : ''))
}

const statusItems = (): string[] => [
  ...exitStatuses.map(({ status, name, when }) => item(`${bold(String(status))} (${plain(name)})`, when)),
  item(`${bold('128+')}${italic('n')}`, 'ended by signal n, after cleaning up'),
]

const variables: [name: string, says: string][] = [
  [
    'HAPROXY_UPDATER_*',
    `Any option: ${variableOf('httpPort')} stands for --http-port. A list is split at commas and blanks; an empty variable is none, and an unknown one is an error.`,
  ],
  [variableOf('config'), 'The config file, as --config names it.'],
  ...secretVariables.map((name): [string, string] => [name, `The secret itself, in place of ${fileOptionOf(name)}.`]),
  ['NO_COLOR', 'If it is set and not empty, nothing is coloured but with --color always.'],
  ['PATH', 'Where haproxy, flock and systemctl are looked up.'],
  ['TMPDIR', 'Where the copy of a configuration lies while HAProxy checks it; /tmp by default.'],
]

/** The option that names a file with the secret of this variable. */
function fileOptionOf(secret: string): string {
  const name = Object.keys(optionSpecs).find((option) => variableOf(option) === `${secret}_FILE`)
  return `--${keyOf(name ?? '')}`
}

const live = String(optionSpecs.haproxyConfig.default)
const stateDir = String(optionSpecs.stateDir.default)

const files: [path: string, says: string][] = [
  [live, 'The live file (--haproxy-config), replaced as a whole: edits are lost.'],
  [`${live}-*.map`, 'Its maps of hosts, paths and app ids, named by their content.'],
  [defaultConfigFile, 'The config file (--config): a JSON object of options, such as {"http-port": 8080}.'],
  [stateDir, 'The state directory (--state-dir), which belongs to one live file and to one user.'],
  [`${stateDir}/loaded.cfg`, 'The last configuration that HAProxy was seen to run; its maps are beside it.'],
  [`${stateDir}/original.cfg`, 'The live file as it was before this program replaced it for the first time.'],
  [`${stateDir}/rejected.cfg`, 'The last configuration that haproxy -c rejected.'],
  [`${stateDir}/state.json`, 'What a run leaves for the next.'],
  [`${stateDir}/seen.json`, 'What the last good run saw: one that sees the same need not render.'],
  [`${stateDir}/next`, 'Touched by a run that waits for one that follows to hand over the lock.'],
  [`${stateDir}/success`, 'An empty file whose time of modification is that of the last success.'],
  ['/etc/cron.d/haproxy-updater', 'Where the line for cron belongs.'],
]

const examples: [says: string, text: string][] = [
  ['What would change?', 'haproxy-updater --marathon http://marathon.mesos:8080 --dry-run'],
  [
    'One run a minute, each host at a second of its own (/etc/cron.d/haproxy-updater):',
    '* * * * * root haproxy-updater -q --splay 50s --marathon http://marathon.mesos:8080',
  ],
  [
    "The same, but each run stays until the next one, and runs again at Marathon's events:",
    '* * * * * root haproxy-updater -q --follow 2m --splay 50s --marathon http://marathon.mesos:8080',
  ],
  ['Why does HAProxy still serve an old configuration?', 'haproxy-updater -v --retry'],
  [
    'Keep a reply of Marathon, and render it later, elsewhere:',
    'haproxy-updater record apps.json\nhaproxy-updater render --from apps.json --templates ours',
  ],
]

const seeAlso = [
  ['haproxy', 1],
  ['crontab', 5],
  ['systemd.timer', 5],
] as const
