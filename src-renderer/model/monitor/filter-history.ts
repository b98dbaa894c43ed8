/** Filters that were used lately, kept in the browser: the newest first. */

const KEY = 'farport.monitor.filters'
const MAX_RECENT = 12
/** Longer ones are nobody's to remember. */
const MAX_LENGTH = 400

/** Where they are kept; undefined: nowhere, as where the browser does not let a page keep anything. */
export type Store = Pick<Storage, 'getItem' | 'setItem'> | undefined

export function browserStore(): Store {
  try {
    return localStorage
  } catch {
    return undefined
  }
}

export function recentFilters(store: Store): readonly string[] {
  try {
    const kept: unknown = JSON.parse(store?.getItem(KEY) ?? '[]')
    if (!Array.isArray(kept)) return []
    return kept.filter((each): each is string => typeof each === 'string').slice(0, MAX_RECENT)
  } catch {
    return []
  }
}

/** Answers them with this one at their head. */
export function remembered(store: Store, filter: string): readonly string[] {
  const text = filter.trim()
  const others = recentFilters(store)
  if (text === '' || text.length > MAX_LENGTH) return others
  const all = [text, ...others.filter((each) => each !== text)].slice(0, MAX_RECENT)
  try {
    store?.setItem(KEY, JSON.stringify(all))
  } catch {
    // The browser keeps no more: it is not worth a word.
  }
  return all
}
