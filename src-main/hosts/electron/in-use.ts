/** Which ports somebody uses right now, and who: for the questions before a quit, and for staying awake. Pure. */
import type { BridgeState, StateTree } from '../../contract/state.ts'

export interface UsedPort {
  readonly id: string
  readonly name: string
  /** Who uses it, the writer first. At least one. */
  readonly users: readonly string[]
}

export function usedPorts(tree: StateTree | undefined): readonly UsedPort[] {
  return Object.values(tree?.bridges ?? {})
    .filter(({ enabled, sessions }) => enabled && sessions.length > 0)
    .map((bridge) => ({ id: bridge.id, name: bridge.name, users: usersOf(bridge) }))
}

/** Labels of the sessions, whoever writes first. */
export function usersOf({ sessions }: BridgeState): readonly string[] {
  return [...sessions]
    .sort((one, other) => Number(other.writer) - Number(one.writer))
    .map(({ label }) => label)
}
