import { type CommandSpec, commandSpecs } from './command-table.js'
import { reasonOf } from './errors.js'
import type { OptionSpec } from './option-spec.js'
import { optionSpecs } from './option-table.js'
import type { Parse } from './option-values.js'
import * as values from './option-values.js'
import { generalOptions } from './options.js'

/** An option or argument as a table writes it, such as `-m, --marathon <url>`, and what reads its value. */
interface Written {
  flags: string
  parse?: Parse<unknown>
}

/**
 * The completion of the command line as a script for bash 4 and later: commands, options with a command's own after it, words of
 * options that take some, files and folders. It needs nothing but bash, and can be sourced with `set -u`.
 */
export function bashCompletion(): string {
  const commands = Object.entries<CommandSpec>(commandSpecs)
  const global = [...Object.values<OptionSpec<unknown>>(optionSpecs), ...Object.values(generalOptions)]
  const own = commands.flatMap(([, { options }]) => Object.values(options))
  const valued = [...global, ...own].filter(({ flags }) => flags.includes('<'))
  return script({
    valued: valued.flatMap(namesOf).join(' | '),
    options: global.flatMap(namesOf).join(' '),
    commands: commands.map(([name]) => name).join(' '),
    ofOptions: clauses([
      ...valued.flatMap((option) => namesOf(option).map((name): Clause => [name, setTo(sourceOf(option))])),
      // A socket, after the words that its colon parts.
      ['--reload:', setTo('-f')],
    ]),
    ownOptions: clauses(
      commands.map(([name, { options }]) => [name, addWords(Object.values(options).flatMap(namesOf).join(' '))]),
    ),
    ofArguments: clauses(commands.map(([name, { argument = '' }]) => [name, setTo(sourceOf({ flags: argument }))])),
  })
}

const namesOf = ({ flags }: Written): string[] => flags.replace(/<.*/, '').split(/[ ,]+/).filter(Boolean)

/** How compgen makes the values of an option or an argument; empty where nothing is known of them. */
function sourceOf(written: Written): string {
  const placeholder = /<(.+)>/.exec(written.flags)?.[1] ?? ''
  const paths = { file: '-f', path: '-f', dir: '-d' }[placeholder]
  const words = wordList(placeholder === 'shell' ? ['bash'] : wordsOf(written))
  return [paths, words].filter(Boolean).join(' ')
}

const wordList = (words: string[]): string => (words.length > 0 ? `-W '${words.join(' ')}'` : '')

/** Words that stand in for a value of another kind. */
const special = new Map<Parse<unknown>, string[]>([
  [values.portOrOff, ['off']],
  [values.pathOrNone, ['none']],
  [values.textOrNone, ['none']],
])

function wordsOf({ flags, parse }: Written): string[] {
  if (flags === optionSpecs.reload.flags) return ['auto', 'systemd', 'master:', 'none']
  return parse ? (special.get(parse) ?? wordsTakenBy(parse)) : []
}

/** Who takes one of a few words only names them in refusing another. */
function wordsTakenBy(parse: Parse<unknown>): string[] {
  try {
    parse({ value: '?', where: '' })
    return []
  } catch (error) {
    return /one of (\w+(?:, \w+)*)/.exec(reasonOf(error))?.[1]?.split(', ') ?? []
  }
}

/** One pattern of a case, and what is done where it matches; empty: nothing. */
type Clause = [pattern: string, does: string]

const setTo = (source: string): string => source && `values=(${source})`
const addWords = (words: string): string => words && `values[1]+=' ${words}'`

/** The clauses of a case, one for all patterns with which the same is done. */
function clauses(all: Clause[]): string {
  const actions = [...new Set(all.map(([, does]) => does))].filter(Boolean)
  const patterns = (action: string): string =>
    all.flatMap(([pattern, does]) => (does === action ? pattern : [])).join(' | ')
  return actions.map((action) => `${patterns(action)}) ${action} ;;`).join('\n      ')
}

interface Script {
  valued: string
  options: string
  commands: string
  ofOptions: string
  ownOptions: string
  ofArguments: string
}

const script = (
  parts: Script,
): string => `# Completion of haproxy-updater for bash 4 and later, as printed by: haproxy-updater completion bash
_haproxy_updater() {
  local IFS=$' \\t\\n' cur=\${COMP_WORDS[COMP_CWORD]} word option= last= prefix= command= count=0 i
  local -a values=()
  COMPREPLY=()

  # As COMP_WORDBREAKS says, --option=value and master:SOCKET are three words each.
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ $word == = ]]; then option=$last
    elif [[ $word == : ]]; then option=$last:
    elif [[ $option ]]; then option=
    else
      case $word in
        ${parts.valued}) option=$word last=$word ;;
        -*) last= ;;
        *) last= && ((++count == 1)) && command=$word ;;
      esac
    fi
  done
  if [[ $cur == = ]]; then option=$last cur=
  elif [[ $cur == : ]]; then option=$last: cur=
  elif [[ -z $option && $cur == --*=* ]]; then option=\${cur%%=*} prefix=\${cur%%=*}= cur=\${cur#*=}
  fi

  if [[ $option ]]; then
    case $option in
      ${parts.ofOptions}
    esac
  elif [[ $cur == -* ]]; then
    values=(-W '${parts.options}')
    case $command in
      ${parts.ownOptions}
    esac
  elif ((count == 0)); then
    values=(-W '${parts.commands}')
  elif ((count == 1)); then
    case $command in
      ${parts.ofArguments}
    esac
  fi

  ((\${#values[@]})) || return 0
  [[ \${values[0]} == -[fd] ]] && compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -P "$prefix" "\${values[@]}" -- "$cur")
  [[ \${COMPREPLY[0]-} == *: ]] && compopt -o nospace 2>/dev/null
  return 0
}
complete -F _haproxy_updater haproxy-updater
`
