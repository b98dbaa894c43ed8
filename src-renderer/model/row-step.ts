/** Where the keys lead that go from row to row of a list. Pure; the same for lists that are in the page whole and for those that are not. */

type Pressed = Pick<KeyboardEvent, 'key' | 'defaultPrevented' | 'ctrlKey' | 'altKey' | 'metaKey' | 'shiftKey'>

export interface RowStep {
  readonly to: number
  /** Where the search goes on if there is nothing to go to. */
  readonly on: 1 | -1
}

const STEPS: Readonly<Record<string, (at: number, count: number, page: number) => RowStep>> = {
  ArrowDown: (at) => ({ to: at + 1, on: 1 }),
  ArrowUp: (at) => ({ to: at - 1, on: -1 }),
  PageDown: (at, count, page) => ({ to: at + page, on: count > at + page ? 1 : -1 }),
  PageUp: (at, _count, page) => ({ to: at - page, on: at - page > 0 ? -1 : 1 }),
  Home: () => ({ to: 0, on: 1 }),
  End: (_at, count) => ({ to: count - 1, on: -1 })
}

/** Undefined for every other key. At the ends it stays. `page`: rows that are seen at once. */
export function rowStep(pressed: Pressed, at: number, count: number, page: number): RowStep | undefined {
  const { key, defaultPrevented, ctrlKey, altKey, metaKey, shiftKey } = pressed
  const step = STEPS[key]
  if (!step || defaultPrevented || ctrlKey || altKey || metaKey || shiftKey) return undefined
  const { to, on } = step(at, count, page)
  return { to: Math.min(Math.max(to, 0), count - 1), on }
}
