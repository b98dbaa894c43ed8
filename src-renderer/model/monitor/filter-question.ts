/** What the page asks its thread for expressions, and how that is answered. Pure. */
import type { PackedTexts } from '../../../src-main/traffic/filter/packed-texts.ts'

/** Places of one expression that are told of one row. */
const MAX_PLACES = 100
/** Longer argument lists overflow the stack. */
const AT_A_TIME = 8192

/** Texts are those of rows. `fit`: which rows each expression fits; `places`: where. */
export interface Question extends PackedTexts {
  readonly id: number
  readonly want: 'fit' | 'places'
  readonly expressions: readonly RegExp[]
}

/** `fits`: a byte for each row and expression, expressions of one row together. `places`: from, to of each. */
export interface Answer {
  readonly id: number
  readonly fits: Uint8Array
  readonly places: Uint32Array
}

/** A character for each byte. */
export function answer({ id, want, expressions, bytes, ends }: Question): Answer {
  let all = ''
  for (let at = 0; at < bytes.length; at += AT_A_TIME)
    all += String.fromCharCode(...bytes.subarray(at, at + AT_A_TIME))
  // Without `y`, and `g` alone where places are wanted: an expression that remembers where it stopped would skip the next row.
  const flags = (each: RegExp): string => each.flags.replace(/[gy]/g, '') + (want === 'places' ? 'g' : '')
  const plain = expressions.map((each) => new RegExp(each.source, flags(each)))
  const fits = new Uint8Array(want === 'fit' ? ends.length * plain.length : 0)
  const places: number[] = []
  let from = 0
  for (const [row, end] of ends.entries()) {
    const text = all.slice(from, end)
    from = end
    for (const [index, each] of plain.entries())
      if (want === 'fit') fits[row * plain.length + index] = each.test(text) ? 1 : 0
      else for (const match of text.matchAll(each)) if (!add(places, match)) break
  }
  return { id, fits, places: Uint32Array.from(places) }
}

/** False: that is enough. */
function add(places: number[], match: RegExpExecArray): boolean {
  if (match[0].length > 0) places.push(match.index, match.index + match[0].length)
  return places.length < 2 * MAX_PLACES
}
