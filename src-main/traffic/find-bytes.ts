/**
 * Looks for bytes in bytes, some of them arbitrary. The engine's own search for one byte does the work: for the one of the pattern that
 * is likely the rarest in what lines carry. Pure.
 */

/** An entry that is undefined fits any byte. One at least must not be. */
export type BytePattern = readonly (number | undefined)[]

/** The index of the first place between `from` and `to` where all of the pattern stands; -1: there is none. */
export function findBytes(bytes: Uint8Array, pattern: BytePattern, from = 0, to = bytes.length): number {
  const anchor = anchorOf(pattern)
  const rarest = pattern[anchor] ?? 0
  const last = to - pattern.length
  // A view, for the engine's search knows no end but the array's.
  const within = bytes.subarray(0, Math.max(0, last + anchor + 1))
  for (let at = from; at <= last;) {
    const found = within.indexOf(rarest, at + anchor)
    if (found < 0) return -1
    const start = found - anchor
    if (standsAt(bytes, pattern, start)) return start
    at = start + 1
  }
  return -1
}

function standsAt(bytes: Uint8Array, pattern: BytePattern, start: number): boolean {
  for (let i = 0; i < pattern.length; i++) {
    const byte = pattern[i]
    if (byte !== undefined && bytes[start + i] !== byte) return false
  }
  return true
}

function anchorOf(pattern: BytePattern): number {
  let best = -1
  for (let i = 0; i < pattern.length; i++) {
    const byte = pattern[i]
    if (byte !== undefined && (best < 0 || frequency(byte) < frequency(pattern[best] ?? 0))) best = i
  }
  return Math.max(0, best)
}

/** How common a byte is in what lines carry, as a rank: fillers, frequent letters, signs of texts, digits, other letters, the rest. */
function frequency(byte: number): number {
  if (byte === 0 || byte === 0xff || byte === 0x20) return 7
  const character = String.fromCharCode(byte)
  if ('etaoinsrhl01\r\n'.includes(character)) return 6
  if ('.,:=-_/;'.includes(character)) return 5
  if (byte >= 0x61 && byte <= 0x7a) return 4
  if ((byte >= 0x30 && byte <= 0x39) || byte < 0x10) return 3
  return byte < 0x7f ? 2 : 1
}
