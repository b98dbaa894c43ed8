/**
 * An asynchronous serial line, bit by bit: what a UART receives of what another one sends, when the two do not agree.
 * Called by the simulated port; pure functions, no clock, no state between two calls: the line idles before and after.
 *
 *     mark (1) ‾‾‾‾‾\_____/‾‾‾‾‾‾‾‾‾…‾‾‾‾\_____/‾‾‾‾‾‾‾‾‾‾‾‾‾
 *     space (0)      start  D0   D1  …  D7  parity  stop  idle
 *
 * The receiver does what the usual UART (16450 and its heirs) does: a falling edge starts a character, the start bit must
 * still be there in its middle, every bit is sampled once, of several stop bits only the first is looked at. After a
 * character without a stop bit it waits until the line is back at mark, so a long break is one break.
 */
import { NO_LINE_ERRORS, type LineSettings, type LineState, type Parity } from '../../contract/line.ts'

/** The part of LineSettings that shapes a character. */
export type Frame = Pick<LineSettings, 'baudRate' | 'dataBits' | 'parity' | 'stopBits'>

/** A line over time: the moments, in seconds and ascending, at which its level changes. It starts at mark. */
export type Waveform = Float64Array

/** `bytes`: what a program reads, errors included: a raw terminal of Linux gives the damaged byte, and 0 for a break. */
export interface Received {
  readonly bytes: Uint8Array
  readonly errors: LineState
}

/**
 * Where in a bit the receiver looks, as a fraction of its bit time. It watches the line 16 times per bit, so it notices
 * the start edge half a sixteenth late on average; without that, rates of 2:1 would be sampled exactly on the edges.
 */
const SAMPLE_POINT = 1 / 2 + 1 / 32

/** Start, data and parity bits of the longest character, each of which may bring an edge, and the return to mark. */
const MOST_EDGES_PER_CHARACTER = 11

/** The line while `bytes` are sent without a pause between them. Bits that the data size lacks are not sent. */
export function encode(bytes: Uint8Array, frame: Frame): Waveform {
  const edges = new Float64Array(bytes.length * MOST_EDGES_PER_CHARACTER)
  const bitsBeforeStop = 1 + frame.dataBits + (frame.parity === 'none' ? 0 : 1)
  let count = 0
  let position = 0
  for (const byte of bytes) {
    const data = byte & mask(frame.dataBits)
    // Bit 0 is the start bit, then the data from its lowest bit on, then parity.
    const bits = (data << 1) | (parityBit(data, frame.parity) << (1 + frame.dataBits))
    let level = 1
    for (let index = 0; index < bitsBeforeStop; index++) {
      const bit = (bits >> index) & 1
      if (bit !== level) edges[count++] = (position + index) / frame.baudRate
      level = bit
    }
    if (level === 0) edges[count++] = (position + bitsBeforeStop) / frame.baudRate
    position += bitsBeforeStop + frame.stopBits
  }
  return edges.subarray(0, count)
}

/** What a character lost on its way: its parity bit came inverted, or its stop bit not at all. */
export type Damage = 'parity' | 'framing'

/** The line during one damaged character. Without parity there is no bit to invert: it arrives whole. */
export function encodeDamaged(byte: number, frame: Frame, damage: Damage): Waveform {
  const bitsBeforeStop = 1 + frame.dataBits + (frame.parity === 'none' ? 0 : 1)
  const edges = [...encode(Uint8Array.of(byte), frame)]
  if (damage === 'framing') {
    for (const at of [bitsBeforeStop, bitsBeforeStop + frame.stopBits]) toggle(edges, at / frame.baudRate)
  } else if (frame.parity !== 'none') {
    for (const at of [bitsBeforeStop - 1, bitsBeforeStop]) toggle(edges, at / frame.baudRate)
  }
  return Float64Array.from(edges)
}

/** Of two moments: in between, the line has the other level. */
function toggle(edges: number[], moment: number): void {
  const at = edges.indexOf(moment)
  if (at >= 0) edges.splice(at, 1)
  else edges.push(moment)
  edges.sort((a, b) => a - b)
}

/** The line during a break of `seconds`. */
export function encodeBreak(seconds: number): Waveform {
  return Float64Array.of(0, seconds)
}

/**
 * What a receiver with these settings makes of the line. At most one character per falling edge, so the work is bounded by
 * the waveform's length whatever the two rates are.
 */
export function decode(wave: Waveform, frame: Frame): Received {
  const bytes = new Uint8Array(wave.length >> 1)
  let count = 0
  let parity = 0
  let framing = 0
  let breaks = 0
  // The next edge to come: even while the line is at mark, odd while it is at space.
  let next = 0
  let startAt = 0
  const sample = (bit: number): number => {
    const at = startAt + (bit + SAMPLE_POINT) / frame.baudRate
    while ((wave[next] ?? Infinity) <= at) next++
    return next & 1 ? 0 : 1
  }
  while (next < wave.length) {
    startAt = wave[next] ?? 0
    if (sample(0) === 1) continue
    let data = 0
    for (let bit = 0; bit < frame.dataBits; bit++) data |= sample(1 + bit) << bit
    const parityRead = frame.parity === 'none' ? 0 : sample(1 + frame.dataBits)
    const stop = sample(1 + frame.dataBits + (frame.parity === 'none' ? 0 : 1))
    bytes[count++] = data
    if (stop === 1) {
      if (parityRead !== parityBit(data, frame.parity)) parity++
      continue
    }
    if (data === 0 && parityRead === 0) breaks++
    else framing++
    // Out of step: the next character starts after the line was at mark again.
    if (next & 1) next++
  }
  return { bytes: bytes.subarray(0, count), errors: { overrun: 0, parity, framing, break: breaks } }
}

/** What arrives of `bytes`. Same settings on both ends and 8 data bits: the very same chunk, at no cost. */
export function transfer(bytes: Uint8Array, sender: Frame, receiver: Frame): Received {
  const agreed =
    sender.baudRate === receiver.baudRate &&
    sender.dataBits === receiver.dataBits &&
    sender.parity === receiver.parity
  if (agreed && sender.dataBits === 8) return { bytes, errors: NO_LINE_ERRORS }
  return decode(encode(bytes, sender), receiver)
}

function mask(dataBits: number): number {
  return (1 << dataBits) - 1
}

/** The bit that goes with `data`; 0 without parity. */
function parityBit(data: number, parity: Parity): number {
  switch (parity) {
    case 'none':
    case 'space':
      return 0
    case 'mark':
      return 1
    case 'even':
      return ones(data) & 1
    case 'odd':
      return (ones(data) & 1) ^ 1
  }
}

function ones(byte: number): number {
  let count = 0
  for (let rest = byte; rest; rest &= rest - 1) count++
  return count
}
