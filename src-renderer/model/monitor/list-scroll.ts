/**
 * Where a list of very many rows stands, and where its scroll bar does. Browsers give up on elements of more than some 33 million px, so
 * beyond MAX_HEIGHT the bar is a smaller picture of the list: a wheel still moves rows by what it says, and a drag of the bar goes the whole
 * way. Pure. Everything in px.
 */

/** Of the element that is scrolled. */
export const MAX_HEIGHT = 30_000_000

export interface ListSize {
  /** Of all rows together. */
  readonly rows: number
  /** Of what is seen. */
  readonly view: number
}

/** Of the element that is scrolled. */
export function elementHeight({ rows }: ListSize): number {
  return Math.min(rows, MAX_HEIGHT)
}

/** The last place where something is below all the way down. */
export function lastPosition({ rows, view }: ListSize): number {
  return Math.max(0, rows - view)
}

/** Where the bar belongs for a position in the list. */
export function scrollTopFor(position: number, size: ListSize): number {
  const last = lastPosition(size)
  const lastTop = Math.max(0, elementHeight(size) - size.view)
  return last === lastTop ? position : (position / last) * lastTop
}

/** Where the list goes when the bar went from one place to another one. */
export function positionAfter(position: number, fromTop: number, toTop: number, size: ListSize): number {
  const last = lastPosition(size)
  const lastTop = Math.max(0, elementHeight(size) - size.view)
  if (last === lastTop) return toTop
  if (toTop <= 0) return 0
  if (toTop >= lastTop - 1) return last
  const moved = toTop - fromTop
  const isNear = Math.abs(moved) < 2 * size.view
  return Math.min(last, Math.max(0, isNear ? position + moved : (toTop / lastTop) * last))
}
