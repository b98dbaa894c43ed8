/** Rows by what they are made of, so that they are found again where all rows were cut anew by other rules. Pure. */
import type { Traffic } from './contract.ts'

/** The first byte of a row, or the event: a record of the recording, and where in it. */
export interface RowPlace {
  readonly record: number
  readonly offset: number
}

/** Of the row of this number, or of the one that will have it; undefined: it is gone. */
export function placeOf({ table, log }: Pick<Traffic, 'table' | 'log'>, row: number): RowPlace | undefined {
  if (row < table.first) return undefined
  if (row >= table.end) return { record: log.end, offset: 0 }
  return { record: table.record(row), offset: table.offset(row) }
}

/** The row that has it now; undefined: it is gone, or not cut yet. */
export function rowWith({ table }: Pick<Traffic, 'table'>, { record, offset }: RowPlace): number | undefined {
  const row = table.rowAt(record, offset)
  return row >= table.first && row < table.end ? row : undefined
}

/** The first row that begins there or behind; undefined: there is none yet. */
export function rowFrom({ table }: Pick<Traffic, 'table'>, place: RowPlace): number {
  const row = table.rowAt(place.record, place.offset)
  if (row < table.first) return table.first
  const isThere = table.record(row) === place.record && table.offset(row) === place.offset
  return isThere ? row : row + 1
}
