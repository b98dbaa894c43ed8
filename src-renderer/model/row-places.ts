/** Where the rows of a long list stand, and which of them are drawn: all are of one height but for some that were measured. Pure. */

/** Rows from the first one to the one before `end`. */
export interface RowRange {
  readonly first: number
  readonly end: number
}

/** A row of another height than the usual one, in px. */
export interface OddRow {
  readonly at: number
  readonly height: number
}

/** Costs nothing for a row of the usual height, and log n of the odd ones for each question. */
export class RowPlaces {
  readonly count: number
  readonly #usual: number
  readonly #odd: readonly number[]
  /** By how much the rows up to and with the odd one of the same place are higher than usual ones. */
  readonly #extra: readonly number[]

  /** `odd` in the order of the rows. */
  constructor(count: number, usual: number, odd: readonly OddRow[] = []) {
    this.count = count
    this.#usual = usual
    this.#odd = odd.map(({ at }) => at)
    let sum = 0
    this.#extra = odd.map(({ height }) => (sum += height - usual))
  }

  /** Of the list, in px. */
  get height(): number {
    return this.topOf(this.count)
  }

  /** Where a row begins, in px; of the one after the last one: where the list ends. */
  topOf(at: number): number {
    const before = firstWhere(this.#odd.length, (index) => (this.#odd[index] ?? 0) >= at)
    return at * this.#usual + (this.#extra[before - 1] ?? 0)
  }

  /** The row that stands there; the first one above the list, and the last one below it. */
  rowAt(px: number): number {
    const after = firstWhere(this.count, (at) => this.topOf(at) > px)
    return Math.max(0, after - 1)
  }

  /** The rows of which something stands between two heights, in px. */
  between(top: number, bottom: number): RowRange {
    if (this.count === 0 || bottom <= 0) return { first: 0, end: 0 }
    if (top >= this.height) return { first: this.count, end: this.count }
    return { first: this.rowAt(top), end: this.rowAt(bottom - 1) + 1 }
  }
}

/** A row that is drawn, and where, in px from the top of the list. */
export interface DrawnRow<T> {
  readonly item: T
  readonly at: number
  readonly top: number
}

interface Keyed {
  readonly key: string
}

/** Those of a range, and of others (`far`, by key) those that are needed; in their order. */
export function drawnRows<T extends Keyed>(
  items: readonly T[],
  places: RowPlaces,
  { first, end }: RowRange,
  far: Iterable<string>,
  isNeeded: (key: string) => boolean
): readonly DrawnRow<T>[] {
  const kept = new Set(far)
  for (let at = first; at < end && kept.size > 0; at++) kept.delete(items[at]?.key ?? '')
  for (const key of kept) if (!isNeeded(key)) kept.delete(key)
  const rows: DrawnRow<T>[] = []
  const [from, to] = kept.size > 0 ? [0, items.length] : [first, end]
  for (let at = from; at < to; at++) {
    const item = items[at]
    if (!item || !((at >= first && at < end) || kept.has(item.key))) continue
    rows.push({ item, at, top: places.topOf(at) })
  }
  return rows
}

/** Of the heights by key those of items that are there, in their order. */
export function oddRows(items: readonly Keyed[], heights: ReadonlyMap<string, number>): readonly OddRow[] {
  const odd: OddRow[] = []
  if (heights.size === 0) return odd
  for (const [at, { key }] of items.entries()) {
    const height = heights.get(key)
    if (height !== undefined) odd.push({ at, height })
  }
  return odd
}

/**
 * The rows to draw next: those in view at once, and of those near it (`wanted`) some each time, so that no frame has to draw many. What is
 * drawn and not farther away than `kept` stays: so few changes are enough for a list that is scrolled.
 */
export function nextRange(
  drawn: RowRange,
  seen: RowRange,
  wanted: RowRange,
  kept: RowRange,
  step: number
): RowRange {
  const stays = { first: Math.max(drawn.first, kept.first), end: Math.min(drawn.end, kept.end) }
  // A jump: nothing of what was drawn is near.
  const isApart = stays.first >= stays.end || stays.first > seen.end || stays.end < seen.first
  const first = isApart ? seen.first : Math.min(stays.first, seen.first)
  const end = isApart ? seen.end : Math.max(stays.end, seen.end)
  // Below first: that is where people go.
  const below = Math.min(step, Math.max(0, wanted.end - end))
  const above = Math.min(step - below, Math.max(0, first - wanted.first))
  // What goes, goes with what comes.
  const isSame = below === 0 && above === 0 && first >= drawn.first && end <= drawn.end
  const isFar = drawn.first < kept.first - step || drawn.end > kept.end + step
  if (isSame && !isFar && !isApart) return drawn
  return { first: first - above, end: end + below }
}

/** Of a list that has become shorter: so many rows of its end. */
export function within({ first, end }: RowRange, count: number): RowRange {
  if (end <= count) return { first, end }
  return { first: Math.max(0, count - (end - first)), end: count }
}

/** The first of so many numbers for which it is true, where it is true of all that follow; `count` where it is of none. */
function firstWhere(count: number, isTrue: (at: number) => boolean): number {
  let [low, high] = [0, count]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isTrue(middle)) high = middle
    else low = middle + 1
  }
  return low
}
