import type { Parse } from './option-values.js'

/** One option: how it is written, where `--help` lists it, how its value is read, and what stands in for it. */
export interface OptionSpec<T> {
  flags: string
  group: string
  help: string
  parse: Parse<T>
  /** Given once for each value of a list. */
  repeats: boolean
  /** What stands in for a value nobody gave, written as a user would; undefined: the option stays unset. */
  default?: string | string[]
}

/** An option of a group of `--help`, with what stands in for a value nobody gave. */
export const spec = <T>(
  group: string,
  flags: string,
  help: string,
  parse: Parse<T>,
  fallback?: string | string[],
): OptionSpec<T> => ({
  group,
  flags,
  help,
  parse,
  repeats: false,
  ...(fallback === undefined ? {} : { default: fallback }),
})

/** The option, to be given once for each value of a list. */
export const repeated = <T>(option: OptionSpec<T>): OptionSpec<T> => ({ ...option, repeats: true })

/** A parser for an option that may stay unset. */
export const optional =
  <T>(parse: Parse<T>): Parse<T | undefined> =>
  (given) =>
    parse(given)
