/**
 * The arrow keys go from row to row of a page: its main control is marked `data-row`. Called by the frame, for all lists that are in the
 * page whole; those that are not do it by themselves.
 */
import { rowStep } from '../model/row-step.ts'

/** So many rows are a page here: nobody looks how many are seen. */
const ROWS_OF_PAGE = 6

/** Does nothing but for those keys on such a control; at the ends it stays. */
export function stepThroughRows(event: KeyboardEvent): void {
  const { target } = event
  if (!(target instanceof HTMLElement) || target.dataset.row === undefined) return
  const place = target.closest('[data-rows], main')
  const rows = [...(place?.querySelectorAll<HTMLElement>('[data-row]') ?? [])].filter((each) =>
    each.checkVisibility()
  )
  const step = rowStep(event, rows.indexOf(target), rows.length, ROWS_OF_PAGE)
  if (!step) return
  event.preventDefault()
  rows[step.to]?.focus()
}
