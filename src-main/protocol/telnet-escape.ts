/**
 * Telnet's escaping of data: 0xFF is sent twice (RFC 854). Called by telnet.ts alone. An erased flash image is nothing but 0xFF, so
 * dense data must cost little: runs of it are looked at by words and written by one fill.
 */

const IAC = 255

/** So few 0xFFs are never dense, whatever is between them. */
const FEW = 8

/** One 0xFF in fewer bytes than these is dense: there a loop over bytes is cheaper than segments. */
const DENSE = 16

/** Up to here a run of 0xFFs is cheapest byte by byte. In bytes, more than two words. */
const SHORT_RUN = 16

/**
 * From the second byte of a doubled IAC on: the data, and where they end; that is at an IAC which is not doubled, or the chunk's end.
 */
export function undouble(
  chunk: Uint8Array,
  from: number
): { readonly plain: Uint8Array; readonly end: number } {
  const plain = new Uint8Array(chunk.length - from)
  let size = 0
  let at = from
  do {
    const end = endOfIacs(chunk, at)
    // With the one in front of them: each two are one, and the last may be left over.
    size = putIacs(plain, size, (end - at + 1) >> 1)
    const leftOver = (end - at) % 2 === 0
    at = leftOver ? end - 1 : end
    if (leftOver) break
    const next = copyToIac(chunk, at, plain, size)
    size += next - at
    at = next
    if (chunk[at + 1] !== IAC) break
    at += 1
  } while (at < chunk.length)
  return { plain: plain.subarray(0, size), end: at }
}

/** Data without 0xFF comes back as the very same buffer. By segments: a loop over bytes costs a hundred times as much on usual data, and less where 0xFF is dense. */
export function doubleIacs(bytes: Uint8Array): Uint8Array {
  const iacs: number[] = []
  for (let at = bytes.indexOf(IAC); at >= 0; at = bytes.indexOf(IAC, at + 1)) {
    iacs.push(at)
    if (iacs.length > FEW && iacs.length * DENSE > at) return doubleEach(bytes)
  }
  if (iacs.length === 0) return bytes
  const escaped = new Uint8Array(bytes.length + iacs.length)
  let start = 0
  let to = 0
  for (const iac of iacs) {
    escaped.set(bytes.subarray(start, iac + 1), to)
    to += iac + 1 - start
    escaped[to++] = IAC
    start = iac + 1
  }
  escaped.set(bytes.subarray(start), to)
  return escaped
}

function doubleEach(bytes: Uint8Array): Uint8Array {
  const escaped = new Uint8Array(2 * bytes.length)
  let to = 0
  for (let at = 0; at < bytes.length;) {
    const end = endOfIacs(bytes, at)
    to = putIacs(escaped, to, 2 * (end - at))
    at = end
    const next = copyToIac(bytes, at, escaped, to)
    to += next - at
    at = next
  }
  return escaped.subarray(0, to)
}

/**
 * Where the run of 0xFFs that stands here ends. A long one is looked at by words, as it is written by one fill: an erased flash
 * image is nothing else.
 */
function endOfIacs(bytes: Uint8Array, from: number): number {
  let at = from
  const short = Math.min(from + SHORT_RUN, bytes.length)
  while (at < short && bytes[at] === IAC) at += 1
  if (at - from < SHORT_RUN) return at
  // Back to where a word begins.
  at -= (bytes.byteOffset + at) % 4
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, (bytes.length - at) >> 2)
  let word = 0
  while (word < words.length && words[word] === -1) word += 1
  at += 4 * word
  while (at < bytes.length && bytes[at] === IAC) at += 1
  return at
}

/** Answers where to go on. */
function putIacs(bytes: Uint8Array, from: number, count: number): number {
  const end = from + count
  if (count > SHORT_RUN) bytes.fill(IAC, from, end)
  else for (let at = from; at < end; at += 1) bytes[at] = IAC
  return end
}

/** Copies what stands before the next 0xFF; answers where that is, or the end. */
function copyToIac(from: Uint8Array, start: number, into: Uint8Array, to: number): number {
  const near = Math.min(start + DENSE, from.length)
  let at = start
  for (; at < near; at += 1) {
    const byte = from[at] ?? 0
    if (byte === IAC) return at
    into[to + at - start] = byte
  }
  if (at === from.length) return at
  const end = indexOrEnd(from, at)
  into.set(from.subarray(at, end), to + at - start)
  return end
}

function indexOrEnd(bytes: Uint8Array, from: number): number {
  const index = bytes.indexOf(IAC, from)
  return index < 0 ? bytes.length : index
}
