/** What property tests of codecs have in common: how many runs, hostile bytes, and chunks of any sizes. */
import * as fc from 'fast-check'
import { vi } from 'vitest'

// A second or two each on an idle machine; whoever imports this file gets the time that a busy one needs.
vi.setConfig({ testTimeout: 60_000 })

/** For tests of malformed input: a failure prints the seed that repeats it. */
export const TEN_THOUSAND = { numRuns: 10_000 }

/** Bytes that are `special` half of the time. */
export function bytesOf(special: readonly number[], maxLength = 60): fc.Arbitrary<Uint8Array> {
  const byte = fc.oneof(fc.constantFrom(...special), fc.integer({ min: 0, max: 255 }))
  return fc.array(byte, { maxLength }).map((bytes) => Uint8Array.from(bytes))
}

/** Any bytes at all. */
export function anyBytes(minLength = 0, maxLength = 60): fc.Arbitrary<Uint8Array> {
  return fc
    .array(fc.integer({ min: 0, max: 255 }), { minLength, maxLength })
    .map((bytes) => Uint8Array.from(bytes))
}

/** Sizes of chunks, for `cut`. */
export const cuts = fc.array(fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 40 })), {
  minLength: 1,
  maxLength: 8
})

/** Cuts bytes up, by the sizes given, over and over. */
export function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    chunks.push(bytes.subarray(at, at + size))
    at += size
  }
  return chunks
}

/** All of them in one. */
export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(chunks))
}
