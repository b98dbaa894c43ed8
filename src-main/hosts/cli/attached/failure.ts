import { Fault, faultOf } from '../../../contract/faults.ts'
import type { Entry } from './named.ts'

/**
 * Why it cannot run at all (its address is taken, its path occupied), as a Fault; undefined where it does, or only its device or far side
 * is waited for.
 */
export function failureOf(entry: Entry | undefined): Fault | undefined {
  if (!entry?.enabled) return undefined
  if (entry.kind === 'rotator') return entry.fault && faultOf(entry.fault)
  const { state, addresses } = entry
  if (state.type !== 'waiting' || addresses.length > 0) return undefined
  const { kind } = state.fault
  return kind === 'config' || kind === 'bug' ? faultOf(state.fault) : undefined
}
