import fc from 'fast-check'
import { expect, it } from 'vitest'
import { findBytes, type BytePattern } from '../../src-main/traffic/find-bytes.ts'

/** The same, without any cleverness. */
function plainly(bytes: Uint8Array, pattern: BytePattern, from: number, to: number): number {
  for (let at = from; at + pattern.length <= to; at++)
    if (pattern.every((byte, i) => byte === undefined || bytes[at + i] === byte)) return at
  return -1
}

it('finds the first place, with any bytes anywhere', () => {
  const few = fc.constantFrom(0, 1, 101, 255)
  const patterns = fc
    .array(fc.option(few, { nil: undefined }), { minLength: 1, maxLength: 4 })
    .filter((pattern) => pattern.some((byte) => byte !== undefined))
  fc.assert(
    fc.property(
      fc.array(few, { maxLength: 40 }),
      patterns,
      fc.nat(10),
      fc.nat(10),
      (data, pattern, skip, less) => {
        const bytes = Uint8Array.from(data)
        const from = Math.min(skip, bytes.length)
        const to = Math.max(from, bytes.length - less)
        expect(findBytes(bytes, pattern, from, to)).toBe(plainly(bytes, pattern, from, to))
      }
    ),
    { numRuns: 5000 }
  )
})

it('finds the first place in much, wherever it begins in its memory', () => {
  // What a quick search may take for the byte, and bytes with the highest bit.
  const byte = fc.constantFrom(0x00, 0x01, 0x44, 0x45, 0x46, 0x80, 0xc5, 0xff)
  fc.assert(
    fc.property(
      fc.record({ filler: byte, wanted: byte, size: fc.integer({ min: 100, max: 600 }), start: fc.nat(9) }),
      fc.array(fc.nat(600), { maxLength: 3 }),
      fc.nat(200),
      fc.nat(200),
      ({ filler, wanted, size, start }, places, skip, less) => {
        const bytes = new Uint8Array(size + start + 9)
          .fill(wanted)
          .subarray(start, start + size)
          .fill(filler)
        for (const place of places) if (place < size) bytes[place] = wanted
        const to = Math.max(0, size - less)
        const from = Math.min(skip, to)
        expect(findBytes(bytes, [wanted], from, to)).toBe(plainly(bytes, [wanted], from, to))
        expect(findBytes(bytes, [undefined, wanted, filler], from, to)).toBe(
          plainly(bytes, [undefined, wanted, filler], from, to)
        )
      }
    ),
    { numRuns: 3000 }
  )
})
