/** Reads `"a\r\n\x00"` of a filter. Pure. */
import type { Scanner } from './scanner.ts'
import { utf8 } from './text-bytes.ts'

const CODES: Readonly<Record<string, number>> = {
  '0': 0,
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  e: 27
}

/** The bytes between the quotes, one at least. Throws a FilterError. */
export function readQuoted(scanner: Scanner): number[] {
  const { at } = scanner
  scanner.take(/"/y)
  const bytes: number[] = []
  for (;;) {
    const plain = scanner.take(/[^"\\]+/y)
    if (plain) bytes.push(...utf8(plain[0]))
    const escape = scanner.take(/\\(?:x([0-9a-f]{2})|(.))/isuy)
    if (escape) bytes.push(...escaped(scanner, escape[1], escape[2] ?? ''))
    else if (!plain) break
  }
  if (!scanner.take(/"/y)) scanner.fail('this " is never closed', at, scanner.text.length - at)
  if (bytes.length === 0) scanner.fail('there is nothing between the quotes', at, 2)
  return bytes
}

function escaped(scanner: Scanner, hex: string | undefined, letter: string): number[] {
  if (hex !== undefined) return [Number.parseInt(hex, 16)]
  if (letter === 'x') scanner.fail('\\x needs two hex digits', scanner.at - 2, 2)
  const code = Object.hasOwn(CODES, letter) ? CODES[letter] : undefined
  return code === undefined ? utf8(letter) : [code]
}
