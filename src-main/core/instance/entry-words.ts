/** What is told of a share, link or rotator of the settings when it begins and ends. Called by instance.ts. */
import type { BridgeState, RotatorState } from '../../contract/state.ts'

/** It runs: where. */
export function readyLine(state: BridgeState | RotatorState | undefined): string {
  const { addresses = [] } = state ?? {}
  const awaited = state && 'awaited' in state ? (state.awaited ?? []) : []
  const ready = addresses.filter((each) => !awaited.includes(each))
  if (awaited.length > 0 && ready.length === 0) return 'ready as soon as its address is there'
  return ready.length > 0 ? `ready at ${ready.join(', ')}` : 'ready'
}

/** It goes on, with other listeners or rules. */
export function amendedLine(state: BridgeState | RotatorState | undefined): string {
  return `its settings changed while it goes on; ${readyLine(state)}`
}

/** It does not run any more: why. */
export function endLine(why: 'removed' | 'changed' | 'disabled', lost: number): string {
  const told = { removed: 'removed', changed: 'its settings changed', disabled: 'switched off' }[why]
  return lost > 0 ? `${told}; ${lost} bytes could not be delivered before that` : told
}
