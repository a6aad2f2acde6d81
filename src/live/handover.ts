import { spawn } from 'node:child_process'
import { type FSWatcher, statSync, type WatchListener, watch } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { onDeath } from '../cleanup.js'
import { reasonOf } from '../errors.js'
import { touch } from './files.js'
import { type Lock, openPrivate, settleLock } from './lock.js'

/** Touched by a run that waits for the lock: the run that has it and follows then gives it up, once it is idle. */
const fileName = 'next'

const askAgain = 200

/**
 * Waits at most `limit` ms for the lock of a state directory while the run that follows is asked to hand it over. Throws what `takeLock`
 * does.
 */
export async function waitForLock(stateDir: string, limit: number): Promise<Lock> {
  const directory = openPrivate(stateDir)
  // Should this process be killed, flock gives up by itself.
  const flock = spawn('flock', ['-xw', (limit / 1000).toFixed(3), '3'], {
    stdio: ['ignore', 'ignore', 'pipe', directory],
    // Elsewhere, 1.5 may be no number.
    env: { ...process.env, LC_ALL: 'C' },
  })
  const forget = onDeath(() => flock.kill())
  const ask = (): void => askForLock(stateDir)
  const asking = setInterval(ask, askAgain)
  ask()
  let said = ''
  flock.stderr?.on('data', (text) => {
    said += text
  })
  const status = await new Promise<number | null>((resolve) => {
    flock.on('error', (error) => {
      said = reasonOf(error)
      resolve(null)
    })
    flock.on('close', resolve)
  })
  clearInterval(asking)
  forget()
  return settleLock({ stateDir, directory }, status, said)
}

function askForLock(stateDir: string): void {
  try {
    touch(join(stateDir, fileName))
  } catch {
    // Then the lock is had when the other's time is over.
  }
}

/**
 * Calls `then` when another run asks for the lock, or when the directory is removed or renamed, and with it what the lock keeps out,
 * until the returned function is called.
 */
export function whenAsked(stateDir: string, then: () => void): () => void {
  const inode = (): number | undefined => statSync(stateDir, { throwIfNoEntry: false })?.ino
  const before = inode()
  const watchers = [
    watchQuietly(stateDir, (_, name) => name === fileName && then()),
    watchQuietly(dirname(stateDir), (_, name) => name === basename(stateDir) && inode() !== before && then()),
  ]
  return () => {
    for (const watcher of watchers) watcher?.close()
  }
}

function watchQuietly(folder: string, whenChanged: WatchListener<string>): FSWatcher | undefined {
  try {
    const watcher = watch(folder, whenChanged)
    return watcher.on('error', () => watcher.close())
  } catch {
    // Where the kernel has no watches left, the lock is freed when the time is over.
    return undefined
  }
}
