/** The arrow keys go from row to row of a page: its main control is marked `data-row`. Called by the frame, for all lists. */

const STEPS: Readonly<Record<string, (at: number, count: number) => number>> = {
  ArrowDown: (at) => at + 1,
  ArrowUp: (at) => at - 1,
  Home: () => 0,
  End: (_at, count) => count - 1
}

/** Does nothing but for those keys on such a control; at the ends it stays. */
export function stepThroughRows(event: KeyboardEvent): void {
  const step = STEPS[event.key]
  const { target } = event
  if (!step || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return
  if (!(target instanceof HTMLElement) || target.dataset.row === undefined) return
  const place = target.closest('[data-rows], main')
  const rows = [...(place?.querySelectorAll<HTMLElement>('[data-row]') ?? [])].filter((each) =>
    each.checkVisibility()
  )
  event.preventDefault()
  rows[step(rows.indexOf(target), rows.length)]?.focus()
}
