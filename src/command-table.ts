import type { Parse } from './option-values.js'
import * as values from './option-values.js'

/** An option of one command. */
export interface OwnOption<T> {
  flags: string
  help: string
  parse: Parse<T>
  /** What stands in for a value that nobody gave, written as a user would. */
  default?: string
}

/** A command beside the run: what follows its name, what it does, and the options that only it has. */
export interface CommandSpec {
  argument?: string
  help: string
  options: Record<string, OwnOption<unknown>>
}

const own = <T>(flags: string, help: string, parse: Parse<T>, fallback?: string): OwnOption<T> => ({
  flags,
  help,
  parse,
  ...(fallback === undefined ? {} : { default: fallback }),
})

/** Every command once: the command line, `--help`, the man page, the completion and the README all come from here. */
export const commandSpecs = {
  render: {
    help: 'print the rendered configuration, or write it and its maps into a folder',
    options: { output: own('-o, --output <dir>', 'write it there, with paths that fit there', values.text) },
  },
  check: {
    help: 'render recorded replies (--from), or the sample cluster, and have HAProxy check each: for CI',
    options: {},
  },
  routes: {
    argument: '[app]',
    help: 'show what is routed where and why anything is left out, for all apps or for one',
    options: {
      html: own(
        '--html <file>',
        'draw it into this file instead, as a page for a browser; - is standard output',
        values.path,
      ),
    },
  },
  status: {
    help: 'one line for Nagios: OK, WARNING, CRITICAL or UNKNOWN, and an exit status from 0 to 3',
    options: { maxAge: own('--max-age <duration>', 'a last success that is older is critical', values.duration, '5m') },
  },
  record: {
    argument: '<file>',
    help: "save Marathon's reply without its secrets, for --from; - is standard output",
    options: {},
  },
  completion: {
    argument: '<shell>',
    help: 'print the completion of the command line for this shell, which is bash',
    options: {},
  },
  man: { help: 'print the manual page', options: {} },
} satisfies Record<string, CommandSpec>

/** The name of a command beside the run. */
export type CommandName = keyof typeof commandSpecs
