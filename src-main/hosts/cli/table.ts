import { plainText } from '../../base/plain-text.ts'

/** A column that must give way keeps so much. */
const LEAST_WIDTH = 8

/**
 * Lines of columns, two spaces apart, nothing behind the last. `most`: the width of the terminal, where there is one; the widest columns
 * give way until a line fits, and what is cut ends with `…`, but a path begins with it: its end tells it from others. The last one stays whole: addresses are there to be copied.
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
  const last = widths.length - 1
  for (let over = widths.reduce((sum, each) => sum + each + 2, -2) - most; over > 0; over--) {
    const widest = Math.max(0, ...widths.slice(0, last))
    if (widest <= LEAST_WIDTH) return
    // The first of the widest; the last column may be as wide, and stands behind it.
    widths[widths.indexOf(widest)] = widest - 1
  }
}

function fitted(cell: string, width: number): string {
  let text = cell
  const isPath = cell.startsWith('/')
  for (let most = width; widthOf(text) > width; most--)
    // A character of two halves is not torn in two.
    text = isPath ? `…${cell.slice(1 - most).replace(/^[\udc00-\udfff]/, '')}` : plainText(cell, most)
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
