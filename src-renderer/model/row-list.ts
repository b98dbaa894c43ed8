/** Which rows of "This computer" are shown, and below which headings, once there are many of them. Pure. */
import { words } from '../words/words.ts'
import type { Row } from './rows.ts'

/** With so many rows and fewer there is nothing to search or to group. */
export const FEW_ROWS = 12

export const GROUPINGS = ['none', 'type', 'name'] as const
export type Grouping = (typeof GROUPINGS)[number]

export type ListItem =
  | { readonly type: 'heading'; readonly key: string; readonly text: string; readonly count: number }
  | { readonly type: 'row'; readonly key: string; readonly row: Row }

/** Every word of the search stands somewhere in what the row shows. */
export function found(rows: readonly Row[], search: string): readonly Row[] {
  const wanted = search.toLowerCase().split(/\s+/).filter(Boolean)
  if (wanted.length === 0) return rows
  return rows.filter((row) => {
    const text = textOf(row)
    return wanted.every((word) => text.includes(word))
  })
}

/** In the order of the rows; each group where its first row is, and last those that are of none. */
export function listItems(rows: readonly Row[], grouping: Grouping): readonly ListItem[] {
  if (grouping === 'none') return rows.map(itemOf)
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const name = grouping === 'type' ? words.computer.kinds[row.kind] : namePrefix(row.name)
    const group = groups.get(name)
    if (group) group.push(row)
    else groups.set(name, [row])
  }
  // Whoever shares its beginning with nobody is no group.
  const isAlone = (all: readonly Row[]): boolean => grouping === 'name' && all.length === 1
  const alone = [...groups.values()].filter(isAlone).flat()
  const whole: (readonly [string, readonly Row[]])[] = [...groups].filter(([, all]) => !isAlone(all))
  if (alone.length > 0) whole.push([words.computer.others, alone])
  return whole.flatMap(([text, all]): ListItem[] => [
    { type: 'heading', key: `group ${text}`, text, count: all.length },
    ...all.map(itemOf)
  ])
}

/** `rack1` of `rack1-07`, `console` of `console 12`: what equal names begin with, without number and separator. */
export function namePrefix(name: string): string {
  const prefix = /^(.*?)[\s._:/#-]*\d+$/.exec(name)?.[1]
  return prefix === undefined || prefix === '' ? name : prefix
}

/** What a row shows is what is searched; it is made once for each row. */
const texts = new WeakMap<Row, string>()
function textOf(row: Row): string {
  const known = texts.get(row)
  if (known !== undefined) return known
  const users = row.share?.sessions.map(({ label }) => label) ?? []
  const text = [row.name, row.detail, row.target, row.port?.path ?? '', ...users].join(' ').toLowerCase()
  texts.set(row, text)
  return text
}

function itemOf(row: Row): ListItem {
  return { type: 'row', key: row.key, row }
}
