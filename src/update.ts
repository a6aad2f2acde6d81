import { dirname } from 'node:path'
import { compose, type Draft, type Surroundings } from './compose.js'
import { UpdaterError } from './errors.js'
import { type Bind, bindsIn, serversIn, statsSocketsIn } from './haproxy/config-text.js'
import { findReloadWay } from './haproxy/reload.js'
import { askRunning, type Running } from './haproxy/running.js'
import { type Verdict, validate } from './haproxy/validate.js'
import { type LiveFile, readLive, replaceFile } from './live/files.js'
import { checkGate, isOverLimit } from './live/gate.js'
import { provenText } from './live/proven.js'
import { type Staged, stage } from './live/staging.js'
import { type Memory, privateFile } from './live/state.js'
import { apply, needsReload, needsWriting, type Place, settle, waitUntil } from './live/transaction.js'
import { fetchFrom, type Reply, readRecorded } from './marathon/source.js'
import type { Options } from './options.js'
import type { Outcome } from './outcome.js'
import type { Configuration } from './render/configuration.js'
import { markerIn } from './render/marker.js'

/**
 * One run: ask Marathon, render, compare; where something differs, validate, pass the gate, replace, reload and verify.
 * `patient`: a roll-back is waited out. Throws an UpdaterError for each way to fail; the live file then is as it was, or proven.
 */
export async function update(options: Options, memory: Memory, patient: boolean): Promise<Outcome> {
  const started = Date.now()
  const deadline = started + options.timeout
  const live = readLive(options.haproxyConfig)
  const running = await askRunning(socketsToAsk(options, live), options.dryRun)
  const reply = await readReply(options)
  const draft = await compose(reply, options, surroundings(options, live, running, memory))
  const { configuration, warnings } = draft

  requireStatsSocket(configuration.text, options)
  const write = needsWriting(configuration, live)
  const reload = options.reload !== 'none' && needsReload(configuration.marker, running, memory)
  watchGate(configuration, live, options, memory)
  memory.save({ addresses: draft.addresses })
  if (!write && !reload) return unchanged(draft, running, { live, memory, stateDir: options.stateDir }, options)

  const staged = stage(configuration)
  try {
    const verdict = await validate(options.haproxy, staged, dirname(live.path), Math.max(1000, deadline - Date.now()))
    const notes = judge(verdict, configuration, staged, options)
    passGate(configuration, live, options, memory)
    const change = { live: live.path, before: live.text ?? '', after: configuration.text }
    if (options.dryRun) return { kind: 'pending', change, reload, warnings, notes }
    if (patient) refuseWhileWaiting(memory)
    const way =
      options.reload === 'none' ? undefined : await findReloadWay(options.reload, running.state !== 'not-running')
    const { stateDir, statsSocket } = options
    const validationTook = verdict.how === 'valid' ? verdict.took : 0
    const site = { live, stateDir, memory, statsSocket, way, log: staged.log, validationTook }
    const applied = await apply(configuration, running, site)
    return {
      kind: 'updated',
      change,
      proof: applied.proof,
      took: Date.now() - started,
      warnings,
      notes: [...notes, ...applied.notes],
    }
  } finally {
    staged.remove()
  }
}

/** The rendered configuration as a run would write it; nothing is asked of HAProxy, and nothing written. */
export async function render(options: Options, live: string): Promise<Draft> {
  const file = readLive(options.haproxyConfig)
  const around = { live, isLive: liveServers(file.text ?? ''), addressesSeen: {}, held: undefined }
  return compose(await readReply(options), options, around)
}

/** The socket of the new configuration, and those of the live one, should the operator have moved it. */
function socketsToAsk({ reload, statsSocket }: Options, live: LiveFile): string[] {
  if (reload === 'none' || statsSocket === undefined) return []
  return [
    statsSocket,
    ...statsSocketsIn(live.text ?? '').filter((path) => path !== statsSocket && path.startsWith('/')),
  ]
}

/** Without its socket in the text, a reload could never be proven. */
function requireStatsSocket(text: string, { reload, statsSocket }: Options): void {
  if (reload === 'none' || statsSocket === undefined || statsSocketsIn(text).includes(statsSocket)) return
  throw new UpdaterError(
    'bad-setup',
    `the rendered global section has no "stats socket ${statsSocket}", so no reload could be proven; add it to your template, or see --stats-socket`,
  )
}

/** Asking takes at most two thirds of the time, so that a slow Marathon leaves some for the validation. */
function readReply(options: Options): Promise<Reply> | Reply {
  return options.from === undefined ? fetchFrom(options, (options.timeout * 2) / 3) : readRecorded(options.from)
}

function surroundings(options: Options, live: LiveFile, running: Running, memory: Memory): Surroundings {
  const tried = options.portCheck && options.reload !== 'none'
  return {
    live: live.path,
    isLive: liveServers(live.text ?? ''),
    addressesSeen: memory.state.addresses,
    held: tried ? heldBinds(running, live, options.stateDir) : undefined,
  }
}

/** The live file is the memory of which servers had traffic; it is only searched where the health of a task is unknown. */
function liveServers(text: string): (backend: string, server: string) => boolean {
  let servers: Set<string> | undefined
  return (backend, server) => {
    servers ??= new Set(serversIn(text).map(({ section, name }) => `${section} ${name}`))
    return servers.has(`${backend} ${server}`)
  }
}

/**
 * The binds that HAProxy holds: those of the text whose marker it shows. A HAProxy that shows none of ours, or does not answer since
 * its configuration has no such socket, may hold those of a live file that is not ours. Where what it runs is not at hand, nothing
 * can be told from a try (undefined).
 */
function heldBinds(running: Running, live: LiveFile, stateDir: string): Bind[] | undefined {
  const texts = [live.text ?? '', provenText(stateDir) ?? '']
  if (running.state === 'not-asked') return texts.flatMap(bindsIn)
  const marker = running.state === 'answers' ? running.marker : undefined
  const matching = texts.filter((text) => markerIn(text) === marker)
  return marker && matching.length === 0 ? undefined : matching.flatMap(bindsIn)
}

function unchanged(draft: Draft, running: Running, place: Place, options: Options): Outcome {
  const phase = options.reload === 'none' ? 'written' : 'loaded'
  const notes = options.dryRun ? [] : settle(draft.configuration, place, phase)
  const proof = options.reload === 'none' ? 'not-reloaded' : running.state === 'answers' ? 'verified' : 'unverified'
  return { kind: 'unchanged', proof, warnings: draft.warnings, notes }
}

/** A rejected text is kept for a person to look at; a dry run keeps nothing. */
function judge(verdict: Verdict, configuration: Configuration, staged: Staged, options: Options): string[] {
  if (verdict.how === 'valid') return []
  if (verdict.how === 'waived') return ['validation was waived by --haproxy none']
  const kept = `${options.stateDir}/rejected.cfg`
  if (!options.dryRun) replaceFile(kept, configuration.text, privateFile())
  const said = verdict.output
    .replace(/^\[NOTICE\].*\n?/gm, '')
    .replaceAll(staged.config, options.dryRun ? 'rendered' : kept)
  throw new UpdaterError(
    'invalid-config',
    `haproxy -c rejects the rendered text, the live file is untouched. HAProxy says:\n${said}`,
  )
}

function crossing(configuration: Configuration, live: LiveFile, options: Options, memory: Memory) {
  const { maxDrop, confirmAfter, allowEmpty } = options
  const [before, after] = [serversIn(live.text ?? '').length, serversIn(configuration.text).length]
  return { before, after, maxDrop, confirmAfter, allowEmpty, since: memory.state.gateSince, now: Date.now() }
}

/** Notes since when every reply has been over the limit of the gate; one below it ends that. */
function watchGate(configuration: Configuration, live: LiveFile, options: Options, memory: Memory): void {
  const crossed = configuration.text === live.text ? undefined : crossing(configuration, live, options, memory)
  memory.save({ gateSince: crossed && isOverLimit(crossed) ? (crossed.since ?? crossed.now) : undefined })
}

function passGate(configuration: Configuration, live: LiveFile, options: Options, memory: Memory): void {
  checkGate(crossing(configuration, live, options, memory))
}

function refuseWhileWaiting(memory: Memory): void {
  const until = waitUntil(memory)
  if (until === undefined || Date.now() >= until) return
  const minutes = Math.ceil((until - Date.now()) / 60_000)
  throw new UpdaterError(
    'rolled-back',
    `the last reload failed and was rolled back; the next attempt is in ${minutes} min, or now with --retry`,
  )
}
