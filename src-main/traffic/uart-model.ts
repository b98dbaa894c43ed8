/**
 * What a receiver makes of a line that somebody else sends on at another rate, or with another frame: the physics behind baud-doctor.ts.
 *
 * A receiver finds a falling edge, and samples the middle of each of its bits from there on. Where its bit is shorter than the sender's, it
 * sees each bit several times; where it is longer, it leaves bits out. A low stop bit is a framing error; then one kind of receiver takes
 * that bit for the next start bit (16550), another waits until the line is high (most USB adapters). All receive 8N1 here.
 */

/** Deterministic numbers from 0 to below 1 (a linear congruential generator). */
export function numbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

export type SentParity = 'none' | 'even' | 'odd'

/** The line of a sender with 8 data bits: a level for each of its bits, 1 is high. `pauseAfter`: in bits. */
export function sentBits(
  bytes: Uint8Array,
  parity: SentParity,
  pauseAfter: (byte: number) => number
): Uint8Array {
  const bits: number[] = [1, 1, 1]
  for (const byte of bytes) {
    let ones = 0
    bits.push(0)
    for (let bit = 0; bit < 8; bit++) {
      const value = (byte >> bit) & 1
      ones += value
      bits.push(value)
    }
    if (parity !== 'none') bits.push(parity === 'even' ? ones & 1 : 1 - (ones & 1))
    bits.push(1)
    for (let pause = pauseAfter(byte); pause > 0; pause--) bits.push(1)
  }
  bits.push(1, 1, 1)
  return Uint8Array.from(bits)
}

export interface Receiver {
  /** How many of the sender's bits one of the receiver's takes. */
  readonly bitsPerBit: number
  /** Behind a framing error, it waits for a high line. */
  readonly waits: boolean
  /** How much later than the edge it begins to count, in its own bits: its clock ticks 16 times a bit. */
  readonly late: () => number
}

/** How often each byte value comes. */
export function receivedCounts(bits: Uint8Array, { bitsPerBit, waits, late }: Receiver): Float64Array {
  const counts = new Float64Array(256)
  const level = (time: number) => bits[Math.floor(time)] ?? 1
  const nextFall = (time: number) => {
    let bit = Math.floor(time)
    while (bit < bits.length && bits[bit] === 0) bit++
    while (bit < bits.length && bits[bit] === 1) bit++
    return bit
  }
  for (let start = nextFall(0); start < bits.length;) {
    const begin = start + late() * bitsPerBit
    if (level(begin + 0.5 * bitsPerBit) === 1) {
      // Too short for a start bit.
      start = nextFall(start)
      continue
    }
    let byte = 0
    for (let bit = 0; bit < 8; bit++) byte |= level(begin + (1.5 + bit) * bitsPerBit) << bit
    counts[byte] = (counts[byte] ?? 0) + 1
    const stop = begin + 9.5 * bitsPerBit
    // All low is a break, which every receiver waits out.
    start = level(stop) === 1 || waits || byte === 0 ? nextFall(stop) : stop - 0.5 * bitsPerBit
  }
  return counts
}
