/**
 * A serial line between a sender and a receiver that do not agree, as exactly as chips do it: levels over time on one side, a receiver that
 * looks 16 times a bit on the other. Written apart from what it tests.
 */
import type { Parity } from '../../../src-main/contract/line.ts'

export interface Frame {
  readonly rate: number
  readonly dataBits?: 5 | 6 | 7 | 8
  readonly parity?: Parity
  readonly stopBits?: number
}

/** A message at once, and the silence behind it, s. */
export interface Burst {
  readonly bytes: Uint8Array
  readonly pauseS: number
}

export interface Received {
  readonly bytes: Uint8Array
  readonly framing: number
  readonly parity: number
  readonly break: number
}

/** What receivers do behind a framing error: take the low stop bit for a start bit (16550), or wait until the line is high. */
export type Resync = '16550' | 'waits'

/** Times of changes, s; the line is high before the first one, low behind it, high behind the second one … */
export function lineOf(bursts: readonly Burst[], frame: Frame): Float64Array {
  const { rate, dataBits = 8, parity = 'none', stopBits = 1 } = frame
  const changes: number[] = []
  let [now, level] = [0.001, 1]
  const put = (next: number, bits: number) => {
    if (next !== level) changes.push(now)
    level = next
    now += bits / rate
  }
  for (const { bytes, pauseS } of bursts) {
    for (const byte of bytes) {
      put(0, 1)
      let ones = 0
      for (let bit = 0; bit < dataBits; bit++) {
        const value = (byte >> bit) & 1
        ones += value
        put(value, 1)
      }
      if (parity !== 'none') put({ even: ones & 1, odd: 1 - (ones & 1), mark: 1, space: 0 }[parity], 1)
      put(1, stopBits)
    }
    now += pauseS
  }
  return Float64Array.from(changes)
}

/** `phase`: 0 to 1, when the receiver's clock ticks. `skew`: its crystal's error, as 0.01 for 1 % fast. */
export function hear(line: Float64Array, frame: Frame, resync: Resync, phase = 0.3, skew = 0): Received {
  const { rate, dataBits = 8, parity = 'none' } = frame
  const tick = 1 / (16 * rate * (1 + skew))
  const end = (line.at(-1) ?? 0) + 20 / rate
  let next = 0
  let now = phase * tick
  /** The level after so many ticks more; time never goes back. */
  const after = (ticks: number) => {
    now += ticks * tick
    while (next < line.length && line[next]! <= now) next++
    return next % 2 === 0 ? 1 : 0
  }
  const bytes: number[] = []
  let [framing, wrongParity, breaks] = [0, 0, 0]
  /** The majority at ticks 7, 8 and 9 of the next bit; `ticks`: how far away the first of them is. */
  const bit = (ticks = 14) => {
    const votes = after(ticks) + after(1) + after(1)
    return votes >= 2 ? 1 : 0
  }
  let high = after(0) === 1
  let startsNow = false
  while (now < end) {
    if (!startsNow) {
      // The first look behind the next change; nothing happens until then.
      const wait = next < line.length ? (line[next]! - now) / tick : 1e9
      if (wait > 1e8) break
      const level = after(Math.max(1, Math.ceil(wait)))
      if (level === 1 || !high) {
        high = level === 1
        continue
      }
      // A start bit must still be low in its middle.
      if (after(8) === 1) {
        high = true
        continue
      }
    }
    // From the start bit's middle, or from the last look at a stop bit that is taken for one.
    let ticks = startsNow ? 14 : 15
    startsNow = false
    let [byte, ones] = [0, 0]
    for (let at = 0; at < dataBits; at++) {
      const value = bit(ticks)
      ticks = 14
      byte |= value << at
      ones += value
    }
    const parityBit = parity === 'none' ? undefined : bit()
    const stop = bit()
    bytes.push(byte)
    if (parityBit !== undefined) {
      const expected = { none: 0, even: ones & 1, odd: 1 - (ones & 1), mark: 1, space: 0 }[parity]
      if (parityBit !== expected) wrongParity++
    }
    high = stop === 1
    if (stop === 1) continue
    if (byte === 0) breaks++
    else framing++
    if (resync === '16550' && byte !== 0) startsNow = true
  }
  return { bytes: Uint8Array.from(bytes), framing, parity: wrongParity, break: breaks }
}
