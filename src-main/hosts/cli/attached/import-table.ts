/** What became of each line of a file that was imported: a table for people, objects for programs. Pure. */
import { basename } from 'node:path'
import { shownTarget } from '../../../ports/program/secrets.ts'
import type { Plan } from '../../../store/import/plan.ts'
import { table } from '../table.ts'
import { namesText, portText, shortText } from './words.ts'

export type ImportRow = { readonly file: string; readonly line: number } & (
  | { readonly share: string; readonly device: string; readonly addresses: readonly string[] }
  | { readonly rotator: string; readonly shares: readonly string[]; readonly addresses: readonly string[] }
  | { readonly text: string; readonly reason: string; readonly without?: string }
)

/** In the order of the lines, what was made of one before what was not. */
export function importRows({ shares, rotators, remarks }: Plan): ImportRow[] {
  const rows: ImportRow[] = [
    ...shares.flatMap(({ name, wish, sources }) =>
      sources.map(({ file, line, addresses }) => ({
        ...{ file, line, share: name, addresses },
        device: shownTarget(wish.port.target)
      }))
    ),
    ...rotators.map(({ file, line, name, wish }) => ({
      ...{ file, line, rotator: name, shares: wish.shares },
      addresses: wish.listen.map((each) => (typeof each === 'string' ? each : each.url))
    })),
    ...remarks
  ]
  return rows.toSorted((a, b) => a.file.localeCompare(b.file) || a.line - b.line)
}

/** `main`: the file whose lines need no name before them. */
export function importTable(rows: readonly ImportRow[], main: string, width: number | undefined): string[] {
  if (rows.length === 0) return []
  const lines = rows.map((row) => {
    const where = row.file === main ? String(row.line) : `${basename(row.file)}:${row.line}`
    return [shortText(where), ...cellsOf(row)]
  })
  return table([['LINE', 'WHAT', 'ADDRESS', 'BECOMES'], ...lines], width)
}

function cellsOf(row: ImportRow): [what: string, address: string, becomes: string] {
  if ('share' in row) return [portText(row.device), row.addresses.join(' '), `share ${shortText(row.share)}`]
  if ('rotator' in row)
    return [namesText(row.shares), row.addresses.join(' '), `rotator ${shortText(row.rotator)}`]
  const about = row.without === undefined ? 'nothing' : shortText(row.without)
  return [shortText(row.text), '', `${about}: ${shortText(row.reason, 400)}`]
}
