import { lstatSync, type Stats, statSync } from 'node:fs'

/** What a path leads to; undefined where it leads nowhere or that cannot be told, which whoever opens it then says. */
export const lookBehind = (path: string): Stats | undefined => look(path, statSync)

/** The same of the path itself, which is something even where it is a symlink that leads nowhere. */
export const lookAt = (path: string): Stats | undefined => look(path, lstatSync)

function look(path: string, stat: (path: string) => Stats): Stats | undefined {
  try {
    return stat(path)
  } catch {
    return undefined
  }
}
