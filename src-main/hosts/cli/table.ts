import { plainText } from '../../base/plain-text.ts'

/** A column that must give way keeps so much. */
const LEAST_WIDTH = 8

/**
 * Lines of columns, two spaces apart, nothing behind the last. `most`: the width of the terminal, where there is one; the widest columns
 * give way until a line fits, and what is cut ends with `…`. The last one stays whole: addresses are there to be copied.
 */
export function table(rows: readonly (readonly string[])[], most = Infinity): string[] {
  const widths: number[] = []
  for (const row of rows) row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, widthOf(cell))))
  narrow(widths, most)
  return rows.map((row) =>
    row
      .map((cell, at) => fitted(cell, widths[at] ?? 0))
      .join('  ')
      .trimEnd()
  )
}

function narrow(widths: number[], most: number): void {
  let over = widths.reduce((sum, each) => sum + each + 2, -2) - most
  while (over > 0) {
    const yielding = widths.slice(0, -1)
    const widest = Math.max(0, ...yielding)
    if (widest <= LEAST_WIDTH) return
    // Down to the next one, so that a single long column gives way alone.
    const next = Math.max(LEAST_WIDTH, ...yielding.filter((each) => each < widest))
    const at = widths.indexOf(widest)
    const less = Math.min(over, Math.max(1, widest - next))
    widths[at] = widest - less
    over -= less
  }
}

function fitted(cell: string, width: number): string {
  let text = cell
  for (let most = width; widthOf(text) > width; most--) text = plainText(cell, most)
  return text + ' '.repeat(width - widthOf(text))
}

/** Characters of East Asia and most pictures take two places of a terminal, marks on another character none. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u
const ALL_PLAIN = /^[\x20-\x7e]*$/

function widthOf(text: string): number {
  if (ALL_PLAIN.test(text)) return text.length
  let width = 0
  for (const each of text) width += /\p{M}|\p{Cf}/u.test(each) ? 0 : WIDE.test(each) ? 2 : 1
  return width
}
