/**
 * Reads the rows of a recording for numbers, as they come and in slices. Lines are put together here, so that it does not matter where rows
 * end: a row of hexadecimal may end within a number.
 */
import type { Direction } from '../../../src-main/contract/traffic.ts'
import { MAX_NUMBERS_LINE, NumberReader } from '../../../src-main/traffic/numbers.ts'
import type { Traffic } from './contract.ts'
import { MAX_POINTS, type PlotPoints } from './plot-points.ts'

/** Rows that are read at first of a long recording: more would not be kept. */
const MOST_ROWS = MAX_POINTS * 2
/** … and those of its beginning, where the names of columns stand. */
const HEAD_ROWS = 100
/** A line without an end is one when so much time passed, in ns: some devices end nothing. */
const SILENCE_NS = 50e6
/** Between two looks at the time. */
const ROWS_AT_A_TIME = 32

const LF = 10
const CR = 13

export const PLOT_FROMS = ['device', 'app', 'both'] as const
export type PlotFrom = (typeof PLOT_FROMS)[number]

type Watched = Pick<Traffic, 'table' | 'reader' | 'openRow'>

/** One direction: the line that is not whole yet. */
class Lines {
  readonly #numbers = new NumberReader()
  readonly #bytes = new Uint8Array(MAX_NUMBERS_LINE + 1)
  readonly #take: (name: string, value: number) => void
  #size = 0
  #timeNs = 0
  #row = 0
  #endNs = 0
  /** Of the line that is being read; its numbers are told with them. */
  timeNs = 0
  row = 0

  constructor(take: (lines: Lines, name: string, value: number) => void) {
    this.#take = (name, value) => take(this, name, value)
  }

  push(bytes: Uint8Array, row: number, startNs: number, endNs: number): void {
    if (this.#size > 0 && startNs - this.#endNs >= SILENCE_NS) this.flush()
    this.#endNs = endNs
    for (let at = 0; at < bytes.length;) {
      const end = lineEnd(bytes, at)
      const isWhole = end < bytes.length
      if (isWhole && this.#size === 0) {
        this.timeNs = timeWithin(at, bytes.length, startNs, endNs)
        this.row = row
        this.#numbers.read(bytes.subarray(at, end), this.#take)
      } else {
        if (this.#size === 0) {
          this.#timeNs = timeWithin(at, bytes.length, startNs, endNs)
          this.#row = row
        }
        this.#keep(bytes.subarray(at, end))
        if (isWhole) this.flush()
      }
      at = end + 1
    }
  }

  /** What there is of a line is all of it. */
  flush(): void {
    if (this.#size === 0) return
    this.timeNs = this.#timeNs
    this.row = this.#row
    this.#numbers.read(this.#bytes.subarray(0, this.#size), this.#take)
    this.#size = 0
  }

  /** Part of it is missing. */
  forget(): void {
    this.#size = 0
  }

  reset(): void {
    this.#size = 0
    this.#numbers.reset()
  }

  /** A line that is too long stays so until it ends. */
  #keep(bytes: Uint8Array): void {
    const part = bytes.subarray(0, this.#bytes.length - this.#size)
    this.#bytes.set(part, this.#size)
    this.#size += part.length
  }
}

/** Where the line ends that begins at `from`: at its LF or CR. */
function lineEnd(bytes: Uint8Array, from: number): number {
  for (let at = from; at < bytes.length; at++) if (bytes[at] === LF || bytes[at] === CR) return at
  return bytes.length
}

function timeWithin(at: number, size: number, startNs: number, endNs: number): number {
  return at === 0 ? startNs : startNs + ((endNs - startNs) * at) / size
}

export class PlotReader {
  readonly #points: PlotPoints
  readonly #lines: Readonly<Record<Direction, Lines>>
  #next: number | undefined
  #from: PlotFrom

  constructor(points: PlotPoints, from: PlotFrom = 'device') {
    this.#points = points
    this.#from = from
    this.#lines = {
      'from-device': new Lines(({ timeNs, row }, name, value) => points.add(name, timeNs, value, row)),
      'to-device': new Lines(({ timeNs, row }, name, value) => points.add(`→ ${name}`, timeNs, value, row))
    }
  }

  get from(): PlotFrom {
    return this.#from
  }

  /** From the beginning again: the rows are others, or another direction is wanted. */
  restart(from: PlotFrom = this.#from): void {
    this.#from = from
    this.#next = undefined
    this.#points.clear()
    for (const lines of Object.values(this.#lines)) lines.reset()
  }

  /**
   * Goes on with the rows that are whole and not read, from `firstRow` on. True: all of them were; false: the time was over. `msLeft` tells
   * how much there is.
   */
  read(traffic: Watched, firstRow: number, msLeft: () => number): boolean {
    const { table } = traffic
    const first = Math.max(firstRow, table.first)
    const end = traffic.openRow() ?? table.end
    const next = (this.#next ??= this.#begin(traffic, first, end))
    let row = Math.max(next, first)
    // What lies between was given up before it was read.
    if (row > next) for (const lines of Object.values(this.#lines)) lines.forget()
    for (; row < end; row++) {
      this.#row(traffic, row)
      if (row % ROWS_AT_A_TIME === 0 && msLeft() <= 0) {
        this.#next = row + 1
        return false
      }
    }
    this.#next = Math.max(row, next)
    return true
  }

  /** Where to begin: behind what would be given up anyway. The names of columns are taken from the first rows. */
  #begin(traffic: Watched, first: number, end: number): number {
    const start = Math.max(first, end - MOST_ROWS)
    for (let row = first; row < Math.min(start, first + HEAD_ROWS); row++) this.#row(traffic, row)
    if (start > first) this.#points.clear()
    return start
  }

  #row({ table, reader }: Watched, row: number): void {
    if (table.isEvent(row)) {
      const event = reader.event(row)
      // A line that lacks its middle would be another number.
      if (event.type === 'missed' || event.type === 'lost')
        for (const lines of Object.values(this.#lines)) lines.forget()
      return
    }
    const isFromDevice = table.isFromDevice(row)
    if (this.#from !== 'both' && isFromDevice !== (this.#from === 'device')) return
    const lines = this.#lines[isFromDevice ? 'from-device' : 'to-device']
    lines.push(reader.bytes(row), row, table.timeNs(row), table.endNs(row))
  }
}
