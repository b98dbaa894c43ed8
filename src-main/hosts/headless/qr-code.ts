/** A QR code for a terminal. Loaded where one is printed. */
import { encode } from 'uqr'

/** Black on white whatever colours the terminal has: most readers take no other. */
const COLOURS = '\x1b[38;5;16;48;5;231m'
const NORMAL = '\x1b[0m'

/** Around the code, in modules: the standard says 4, and readers take half of that. */
const BORDER = 2

/** Lines of half blocks, each two rows of the code. */
export function qrCode(text: string): string {
  const { data, size } = encode(text, { ecc: 'L', border: BORDER })
  const isDark = (row: number, column: number): boolean => data[row]?.[column] ?? false
  const lines: string[] = []
  for (let row = 0; row < size; row += 2) {
    const blocks = Array.from({ length: size }, (_, column) => {
      const [upper, lower] = [isDark(row, column), isDark(row + 1, column)]
      return upper ? (lower ? '█' : '▀') : lower ? '▄' : ' '
    })
    lines.push(`${COLOURS}${blocks.join('')}${NORMAL}`)
  }
  return lines.join('\n')
}
