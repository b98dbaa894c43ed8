/** "Pause all sharing" in words. Called by `list`, `pause` and `resume`. */
import type { StateTree } from '../../../contract/state.ts'
import { namesText, timeText } from './words.ts'

/** `gps, desk`; those that were removed meanwhile by their ids. */
export function namesHere(ids: readonly string[], { bridges }: StateTree): string {
  return namesText(ids.map((id) => bridges[id]?.name ?? id))
}

/** A line for people; absent where sharing goes on. */
export function pauseLine(tree: StateTree, now: Date): string | undefined {
  if (!tree.paused) return undefined
  const { since, shares } = tree.paused
  return `Sharing is paused since ${timeText(since, now)}; farport resume brings back: ${namesHere(shares, tree)}`
}
