/**
 * Cuts a recording into rows as it grows: the same ones for a live and a stored one, in whatever portions it comes. Its caller pushes the
 * pages of a log, again and again; it goes on behind the last record that it saw.
 *
 * Silences: a chunk from the device is there when its last byte is, so its first one was there its own length of line time before; a
 * chunk to the device goes on for that long behind its arrival. Without this the buffers of adapters would look like silences.
 */
import { characterSeconds, type LineSettings } from '../contract/line.ts'
import { rtuSilenceMs } from '../protocol/modbus-rtu.ts'
import type { TrafficLog } from './log.ts'
import type { Page } from './page.ts'
import type { RowRules } from './row.ts'
import { MAX_MARK_BYTES, RowEnds } from './row-ends.ts'
import type { RowTable } from './row-table.ts'

/** Where no settings are known, so many ms. */
const UNKNOWN_GAP_MS = 20
const NS = 1e6

/** A piece of the open row: some bytes of one record. */
interface Piece {
  readonly record: number
  readonly offset: number
  readonly length: number
  readonly timeNs: number
}

const NOTHING = new Uint8Array(0)

/** Events behind which the bytes are others' or otherwise. */
export const ENDS_ROW: ReadonlySet<string> = new Set(['settings', 'port', 'break', 'lost', 'missed'])

export interface SettingsAt {
  /** In force from this record of the recording on. */
  readonly record: number
  readonly settings: LineSettings
}

export class RowSplitter {
  readonly #table: RowTable
  readonly #rules: RowRules
  readonly #ends: RowEnds
  readonly #settings: SettingsAt[] = []
  #next = 0
  /** The row that goes on; undefined: the next byte begins one. */
  #row: number | undefined
  #isFromDevice = false
  #session = 0
  /** When the last byte was or will be on the line. */
  #endNs = 0
  #interrupted = false
  #gapNs: number
  #characterNs = 0
  /** The last pieces of the open row: where start bytes may have begun. Kept only where such are looked for. */
  readonly #recent: Piece[] = []

  constructor(table: RowTable, rules: RowRules, settings?: LineSettings) {
    this.#table = table
    this.#rules = rules
    this.#ends = new RowEnds(rules)
    this.#gapNs = this.#gapOf(undefined)
    if (settings) this.#set(0, settings)
  }

  /** The row that goes on with the next bytes; undefined: they begin one. */
  get openRow(): number | undefined {
    return this.#row
  }

  /** The settings in force at a record; undefined: nobody said. */
  settingsAt(record: number): LineSettings | undefined {
    return this.#settings.findLast((each) => each.record <= record)?.settings
  }

  /**
   * Takes what the log has more than at the last call, `limit` records at the most; true: there is more. Rows whose records the log
   * gave up are dropped.
   */
  push(log: TrafficLog, limit = Infinity): boolean {
    this.#table.dropBefore(log.first)
    if (this.#next < log.first || (this.#row ?? Infinity) < this.#table.first) this.#row = undefined
    this.#next = Math.max(this.#next, log.first)
    for (let left = limit; this.#next < log.end;) {
      const page = log.pageOf(this.#next) ?? behind(log, this.#next)
      if (!page) return false
      this.#next = Math.max(this.#next, page.first)
      const to = Math.min(page.count, this.#next - page.first + left)
      left -= to - (this.#next - page.first)
      for (let record = this.#next - page.first; record < to; record++) this.#take(page, record)
      this.#next = page.first + to
      if (left <= 0) return this.#next < log.end
    }
    return false
  }

  #take(page: Page, at: number): void {
    const record = page.first + at
    const timeNs = page.timeNs(at)
    if (page.isEvent(at)) this.#event(page, at, record, timeNs)
    else this.#bytes(page, at, record, timeNs)
  }

  #event(page: Page, at: number, record: number, timeNs: number): void {
    const event = page.event(at)
    if (!event || ENDS_ROW.has(event.type)) this.#row = undefined
    if (event?.type === 'settings' || (event?.type === 'port' && event.state === 'open'))
      this.#set(record, event.settings)
    this.#table.event(timeNs, record)
    this.#interrupted = true
  }

  #bytes(page: Page, at: number, record: number, timeNs: number): void {
    const bytes = page.bytes(at)
    const isFromDevice = page.direction(at) === 'from-device'
    const session = page.session(at)
    const onLineNs = bytes.length * this.#characterNs
    const beginNs = isFromDevice ? timeNs - onLineNs : timeNs
    const sameSource = isFromDevice === this.#isFromDevice && session === this.#session
    const silence = !page.isContinued(at) && beginNs - this.#endNs > this.#gapNs
    if (!sameSource || silence) this.#row = undefined
    this.#isFromDevice = isFromDevice
    this.#session = session
    this.#endNs = isFromDevice ? timeNs : Math.max(this.#endNs, timeNs) + onLineNs
    this.#cut(bytes, record, 0, timeNs)
  }

  /** `offset`: where in the record the first of the bytes stands. */
  #cut(bytes: Uint8Array, record: number, offset: number, timeNs: number): void {
    for (let from = 0; from < bytes.length;) {
      const row = (this.#row ??= this.#begin(record, offset + from, timeNs))
      const to = this.#ends.next(bytes, from)
      if (to !== undefined && to < from) this.#startEarlier(row, from - to)
      else {
        const end = to ?? bytes.length
        if (end > from) this.#grow(row, end - from, timeNs)
        if (this.#rules.start) this.#remember({ record, offset: offset + from, length: end - from, timeNs })
        if (to !== undefined) this.#row = undefined
        from = end
      }
    }
  }

  #begin(record: number, offset: number, timeNs: number): number {
    this.#ends.reset()
    this.#interrupted = false
    if (this.#recent.length > 0) this.#recent.length = 0
    return this.#table.begin(timeNs, record, offset, this.#session, this.#isFromDevice)
  }

  #grow(row: number, length: number, timeNs: number): void {
    if (this.#interrupted) this.#table.scatter(row)
    this.#interrupted = false
    this.#table.grow(row, length, Math.max(timeNs, this.#endNs))
  }

  #remember(piece: Piece): void {
    if (piece.length === 0) return
    this.#recent.push(piece)
    if (this.#recent.length > MAX_MARK_BYTES) this.#recent.shift()
  }

  /** Start bytes that show now began so many bytes ago: those leave the row, and begin the next one. */
  #startEarlier(row: number, back: number): void {
    const moved: Piece[] = []
    let left = back
    for (const piece of this.#recent.toReversed()) {
      const length = Math.min(left, piece.length)
      if (length > 0) moved.unshift({ ...piece, offset: piece.offset + piece.length - length, length })
      left -= length
    }
    const [wasScattered, wasInterrupted] = [this.#table.isScattered(row), this.#interrupted]
    const first = this.#table.end
    this.#table.grow(row, -back, this.#table.endNs(row))
    this.#row = undefined
    let at = 0
    for (const piece of moved) {
      const bytes = this.#rules.start?.subarray(at, at + piece.length) ?? NOTHING
      this.#cut(bytes, piece.record, piece.offset, piece.timeNs)
      at += piece.length
    }
    if (wasScattered) for (let next = first; next < this.#table.end; next++) this.#table.scatter(next)
    // An event may stand behind the bytes that moved: what comes next in their row is not in one piece with them.
    if (wasInterrupted) this.#interrupted = true
  }

  #set(record: number, settings: LineSettings): void {
    this.#settings.push({ record, settings })
    this.#characterNs = characterSeconds(settings) * 1000 * NS
    this.#gapNs = this.#gapOf(settings)
  }

  #gapOf(settings: LineSettings | undefined): number {
    const { gapMs } = this.#rules
    if (gapMs === undefined) return Infinity
    if (gapMs !== 'auto') return gapMs * NS
    return (settings ? rtuSilenceMs(settings) : UNKNOWN_GAP_MS) * NS
  }
}

/** The page behind a hole in the numbers. */
function behind(log: TrafficLog, record: number): Page | undefined {
  return log.pages.find((page) => page.first > record)
}
