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
} satisfies Record<string, CommandSpec>

/** The name of a command beside the run. */
export type CommandName = keyof typeof commandSpecs
