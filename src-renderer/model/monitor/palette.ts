/** What the palette lists: the actions that the words typed fit, the best first. Pure. */
import { keyWords } from './keys.ts'
import type { MonitorAction } from './contract.ts'

/** More would be scrolled, not read. */
export const MAX_ENTRIES = 100

/** Every word of `query` is somewhere in the name or the key; those that begin with it stand first, then those of which a word does. */
export function paletteEntries(actions: readonly MonitorAction[], query: string): readonly MonitorAction[] {
  const wanted = query
    .toLowerCase()
    .split(/\s+/)
    .filter((each) => each !== '')
  const ranked: { readonly action: MonitorAction; readonly rank: number }[] = []
  for (const action of actions) {
    const rank = rankOf(action, wanted)
    if (rank !== undefined) ranked.push({ action, rank })
  }
  // What ranks the same stays in its order.
  return ranked
    .sort((one, other) => one.rank - other.rank)
    .slice(0, MAX_ENTRIES)
    .map(({ action }) => action)
}

/** 0: the best; undefined: it does not fit. */
function rankOf({ text, key }: MonitorAction, wanted: readonly string[]): number | undefined {
  const [first] = wanted
  if (first === undefined) return 0
  const name = text.toLowerCase()
  const keys = key === undefined ? '' : keyWords(key).toLowerCase()
  if (!wanted.every((each) => name.includes(each) || keys === each)) return undefined
  if (keys === first || name.startsWith(first)) return 0
  return name.split(/[\s:]+/).some((each) => each.startsWith(first)) ? 1 : 2
}
