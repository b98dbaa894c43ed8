import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteMatch } from '../../src-main/base/byte-match.ts'

const ascii = (text: string): Uint8Array => Buffer.from(text)

describe('ByteMatch', () => {
  it.each([
    ['ababc', ['abababc'], [true]],
    ['ababc', ['aba', 'bc'], [false, true]],
    ['ababc', ['a', 'b', 'a', 'b', 'a', 'b', 'c'], [false, false, false, false, false, false, true]],
    ['aab', ['aaab'], [true]],
    ['logout', ['log', 'in logout\r\n'], [false, true]],
    ['aa', ['a', 'a', 'a', 'b', 'aa'], [false, true, true, false, true]],
    ['x', ['', 'y', 'x'], [false, false, true]],
    ['', ['anything', ''], [false, false]]
  ])('finds %j in %j', (pattern, chunks, found) => {
    const match = new ByteMatch(ascii(pattern))
    expect(chunks.map((chunk) => match.seen(ascii(chunk)))).toEqual(found)
  })

  it('finds what indexOf finds, in any chunking', () => {
    const letters = fc.array(fc.constantFrom(0x61, 0x62), { maxLength: 60 })
    const cuts = fc.array(fc.nat(60), { maxLength: 6 })
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(0x61, 0x62), { minLength: 1, maxLength: 5 }),
        letters,
        cuts,
        (pattern, text, at) => {
          const match = new ByteMatch(Uint8Array.from(pattern))
          const edges = [0, ...at.filter((each) => each < text.length).sort((a, b) => a - b), text.length]
          const seen = edges
            .slice(1)
            .some((end, index) => match.seen(Uint8Array.from(text.slice(edges[index], end))))
          expect(seen).toBe(Buffer.from(text).includes(Buffer.from(pattern)))
        }
      )
    )
  })
})
