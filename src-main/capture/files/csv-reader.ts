/**
 * Opens CSV as csv-form.ts writes it, as far as its columns hold: bytes, directions, sessions and wall clock times. Events are only words there, and
 * become markers with these words. Also a spreadsheet may have written it: with a BOM, or without CR.
 */
import { CSV_COLUMNS } from './csv-form.ts'
import { directionOf, sessionOf } from './jsonl-reader.ts'
import { readHex, readIso, type TextRow } from './text-rows.ts'

/** The first line is ours. Columns may follow that are not known here. */
export function isCsvHead(cells: readonly string[]): boolean {
  return CSV_COLUMNS.every((name, at) => cells[at] === name)
}

const AT = {
  time: CSV_COLUMNS.indexOf('time'),
  direction: CSV_COLUMNS.indexOf('direction'),
  session: CSV_COLUMNS.indexOf('session'),
  hex: CSV_COLUMNS.indexOf('hex'),
  event: CSV_COLUMNS.indexOf('event')
} as const

/** `marker`: the number that an event gets. Undefined: the line makes no sense. */
export function readCsvRow(cells: readonly string[], marker: number): TextRow | undefined {
  const wallNs = readIso(cells[AT.time])
  if (wallNs === undefined) return undefined
  const words = cells[AT.event] ?? ''
  if (words !== '') return { wallNs, content: { event: { type: 'marker', number: marker, text: words } } }
  const bytes = readHex(cells[AT.hex])
  const direction = directionOf(cells[AT.direction])
  if (!bytes || !direction) return undefined
  return { wallNs, content: { direction, session: sessionOf(Number(cells[AT.session])), bytes } }
}

/** The cells of one line (RFC 4180), whose quotes are all closed. */
export function csvCells(line: string): string[] {
  const cells: string[] = []
  for (let at = 0; at <= line.length;) {
    if (line[at] !== '"') {
      const end = line.indexOf(',', at)
      const to = end < 0 ? line.length : end
      cells.push(line.slice(at, to))
      at = to + 1
      continue
    }
    let text = ''
    for (at++; at < line.length;) {
      const quote = line.indexOf('"', at)
      const to = quote < 0 ? line.length : quote
      text += line.slice(at, to)
      at = to + 1
      if (line[at] !== '"') break
      text += '"'
      at++
    }
    cells.push(text)
    // What stands between a closed quote and the next comma is no CSV.
    const end = line.indexOf(',', at)
    at = (end < 0 ? line.length : end) + 1
  }
  return cells
}

/** It opens a quote that it does not close, or closes one of a line before. */
export function hasOddQuotes(line: string): boolean {
  let quotes = 0
  for (let at = line.indexOf('"'); at >= 0; at = line.indexOf('"', at + 1)) quotes++
  return quotes % 2 === 1
}
