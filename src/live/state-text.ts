import { isRecord } from '../marathon/json.js'
import type { State } from './state.js'

/** A state from the text that it was saved as; undefined for what is none. What older versions did not save may be missing. */
export function parseState(text: string): State | undefined {
  try {
    const stored: unknown = JSON.parse(text)
    return isState(stored) ? stored : undefined
  } catch {
    return undefined
  }
}

function isState(value: unknown): value is State {
  if (!isRecord(value)) return false
  const { live, phase, target, quarantine, warnings, addresses, rollback, gateSince, failing } = value
  const { failures, lastChange } = value
  return (
    typeof live === 'string' &&
    ['new', 'loaded', 'applying', 'written'].includes(String(phase)) &&
    isOptional(target, 'string') &&
    isOptional(gateSince, 'number') &&
    isOptional(lastChange, 'number') &&
    (quarantine === undefined || (isRecord(quarantine) && Object.values(quarantine).every(isQuarantined))) &&
    Array.isArray(warnings) &&
    warnings.every((warning) => typeof warning === 'string') &&
    isRecord(addresses) &&
    Object.values(addresses).every((address) => typeof address === 'string') &&
    (rollback === undefined || (isRecord(rollback) && isCount(rollback['attempts']) && isCount(rollback['at']))) &&
    (failing === undefined || (isRecord(failing) && isCount(failing['since']) && isCount(failing['told']))) &&
    (failures === undefined || (isRecord(failures) && isCount(failures['count']) && isCount(failures['since'])))
  )
}

const isQuarantined = (value: unknown): boolean =>
  isRecord(value) &&
  typeof value['appId'] === 'string' &&
  isCount(value['portIndex']) &&
  typeof value['hash'] === 'string' &&
  typeof value['reason'] === 'string' &&
  isCount(value['since'])

const isOptional = (value: unknown, type: string): boolean => value === undefined || typeof value === type

const isCount = (value: unknown): value is number => typeof value === 'number'
