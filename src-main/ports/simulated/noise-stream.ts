/**
 * The bytes of `sim:noise`: random to look at, known at every position, so that a receiver can check each of them and find
 * its place again after a loss. Called by noise.ts, by tests and by load runs; pure functions.
 *
 * The stream is a sequence of 32-bit words, low byte first. Word `k` is seed + k × 0x9E3779B9 (modulo 2^32), mixed by the final
 * step of MurmurHash3. It repeats after 2^32 words, which are 16 GiB.
 *
 * With line errors, each `every`th character comes damaged: in turn with a wrong parity bit (on a line with parity), without
 * its stop bit, and as a break. The first two still carry their byte; a break is read as 0 in its place.
 */
import type { Parity } from '../../contract/line.ts'
import type { Damage } from './wire.ts'

const STEP = 0x9e37_79b9

/** `length` bytes from position `start` on (0 to 2^34). `seed`: 0 to 2^32-1. */
export function noiseBytes(seed: number, start: number, length: number): Uint8Array {
  const firstWord = Math.floor(start / 4)
  const skipped = start % 4
  const words = Math.ceil((skipped + length) / 4)
  const bytes = new Uint8Array(4 * words)
  const view = new DataView(bytes.buffer)
  for (let word = 0; word < words; word++) {
    view.setUint32(4 * word, mix(seed + Math.imul(firstWord + word, STEP)), true)
  }
  return bytes.subarray(skipped, skipped + length)
}

/** What happens to the character at `position`; `every`: 0 for no errors. */
export function noiseDamage(position: number, every: number, parity: Parity): Damage | 'break' | undefined {
  if (every === 0 || (position + 1) % every !== 0) return undefined
  const kinds =
    parity === 'none' ? (['framing', 'break'] as const) : (['parity', 'framing', 'break'] as const)
  return kinds[Math.floor(position / every) % kinds.length]
}

function mix(word: number): number {
  let hash = word ^ (word >>> 16)
  hash = Math.imul(hash, 0x85eb_ca6b)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2_ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
