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
