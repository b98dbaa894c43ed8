/** Names as people count them: `console-2` before `console-10`, small letters beside capital ones. The same in every language. */
const collator = new Intl.Collator('en', { numeric: true })

/** For `sort`: below 0 where `a` comes first. 0 only for what is the same text. */
export function naturalOrder(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0)
}

/** The same for what has a name. */
export function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return naturalOrder(a.name, b.name)
}
