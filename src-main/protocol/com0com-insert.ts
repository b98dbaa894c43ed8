/**
 * What a program does at its end of a com0com pair, as our end reads it: its data, with everything else inserted where it happened. Sans-IO.
 *
 *     FF 00               a data byte FF
 *     FF 01 lsr data      line state, and the byte that came with it; of a break (lsr & 10) the byte is 0 and no data
 *     FF 02 lsr           line state: a break ends where bit 10 is gone
 *     FF 03 mst           modem state: CTS 10 · DSR 20 · RI 40 · DCD 80; the low half tells what changed
 *     FF 10 u32           baud rate, little-endian
 *     FF 11 size parity stop    data bits 5-8 · N O E M S · 0 1 bit, 1 1.5, 2 2 bits
 *
 * 00-03 are IOCTL_SERIAL_LSRMST_INSERT of ntddser.h; 10 and 11 are com0com's own.
 */
import type { LineWish } from '../contract/line.ts'
import type { Violation } from './codec.ts'
import { ESCAPE } from './com0com-ioctl.ts'

export type InsertEvent =
  | { readonly type: 'data'; readonly bytes: Uint8Array }
  /** How its break is now; also told where it did not change. */
  | { readonly type: 'break'; readonly on: boolean }
  | { readonly type: 'modem'; readonly modem: OurModem }
  | { readonly type: 'settings'; readonly wish: LineWish }
  /** Once for each code. */
  | Violation

/** Our inputs, which the program drives: in a pair of our own making its RTS, its DTR and, at DCD, whether it has its port open. */
export interface OurModem {
  readonly cts: boolean
  readonly dsr: boolean
  readonly ri: boolean
  readonly dcd: boolean
}

const CODE = {
  literal: 0x00,
  lineWithData: 0x01,
  line: 0x02,
  modem: 0x03,
  baudRate: 0x10,
  lineControl: 0x11
} as const

/** Bytes behind each code. */
const LENGTHS: ReadonlyMap<number, number> = new Map([
  [CODE.literal, 0],
  [CODE.lineWithData, 2],
  [CODE.line, 1],
  [CODE.modem, 1],
  [CODE.baudRate, 4],
  [CODE.lineControl, 3]
])

const LSR_BREAK = 0x10
const DATA_BITS = [5, 6, 7, 8] as const
const PARITIES = ['none', 'odd', 'even', 'mark', 'space'] as const
const STOP_BITS = [1, 1.5, 2] as const

const LITERAL = Uint8Array.of(ESCAPE)

export class InsertReader {
  /** An insertion of which a part came: its code and what is behind it; empty after the escape alone. Undefined: data. */
  #begun: number[] | undefined
  readonly #told = new Set<number>()

  /** Data are views of the chunk. */
  receive(chunk: Uint8Array): InsertEvent[] {
    const events: InsertEvent[] = []
    let at = 0
    while (at < chunk.length) {
      if (this.#begun) {
        this.#begun.push(chunk[at++] ?? 0)
        this.#end(events)
        continue
      }
      const escape = chunk.indexOf(ESCAPE, at)
      const end = escape < 0 ? chunk.length : escape
      // The escape of a literal is the byte itself, so that data go on in one piece with it.
      const literal = escape >= 0 && chunk[escape + 1] === CODE.literal
      if (literal || end > at) events.push(data(chunk.subarray(at, literal ? end + 1 : end)))
      at = escape < 0 ? end : end + (literal ? 2 : 1)
      if (escape >= 0 && !literal) this.#begun = []
    }
    return events
  }

  /** Where the insertion is complete, tells it. */
  #end(events: InsertEvent[]): void {
    const [code = 0, ...rest] = this.#begun ?? []
    const length = LENGTHS.get(code)
    if (length === undefined) {
      // Nobody knows how much of what follows belongs to it, and who has no such code may not escape at all: nothing is taken away.
      events.push(data(Uint8Array.of(ESCAPE, code)))
      this.#violation(events, code, [code], 'an insertion of an unknown kind')
    } else if (rest.length < length) return
    else this.#tell(events, code, rest)
    this.#begun = undefined
  }

  #tell(events: InsertEvent[], code: number, rest: readonly number[]): void {
    const [first = 0, second = 0, third = 0, fourth = 0] = rest
    switch (code) {
      case CODE.literal:
        events.push(data(LITERAL))
        return
      case CODE.lineWithData: {
        const on = (first & LSR_BREAK) !== 0
        events.push({ type: 'break', on })
        if (!on || second !== 0) events.push(data(Uint8Array.of(second)))
        return
      }
      case CODE.line:
        events.push({ type: 'break', on: (first & LSR_BREAK) !== 0 })
        return
      case CODE.modem:
        events.push({ type: 'modem', modem: readModem(first) })
        return
      case CODE.baudRate: {
        const baudRate = (first | (second << 8) | (third << 16) | (fourth << 24)) >>> 0
        if (baudRate > 0) events.push({ type: 'settings', wish: { baudRate } })
        else this.#violation(events, code, rest, 'a baud rate of 0')
        return
      }
      default: {
        const wish = readLineControl(first, second, third)
        if (wish) events.push({ type: 'settings', wish })
        else this.#violation(events, code, rest, 'a line that cannot be')
      }
    }
  }

  #violation(events: InsertEvent[], code: number, rest: readonly number[], what: string): void {
    if (this.#told.has(code)) return
    this.#told.add(code)
    const bytes = Uint8Array.from(rest)
    events.push({ type: 'violation', what, section: 'IOCTL_SERIAL_LSRMST_INSERT', bytes })
  }
}

function data(bytes: Uint8Array): InsertEvent {
  return { type: 'data', bytes }
}

/** The upper half of a modem state register. */
export function readModem(register: number): OurModem {
  return {
    cts: (register & 0x10) !== 0,
    dsr: (register & 0x20) !== 0,
    ri: (register & 0x40) !== 0,
    dcd: (register & 0x80) !== 0
  }
}

function readLineControl(size: number, parity: number, stop: number): LineWish | undefined {
  const dataBits = DATA_BITS.find((each) => each === size)
  const named = PARITIES[parity]
  const stopBits = STOP_BITS[stop]
  if (dataBits === undefined || named === undefined || stopBits === undefined) return undefined
  return { dataBits, parity: named, stopBits }
}
