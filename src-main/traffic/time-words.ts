/**
 * The four ways to tell a row's time. Called by lists, terminals and files of text, row by row in their order (TimeTrail), or for any row whose
 * marks are known (`timeWords`). Microseconds throughout: no clock of a computer beside a serial line is better. Pure.
 */
import type { Direction } from '../contract/traffic.ts'
import type { Row } from './row.ts'

/**
 * `clock`: the wall clock of the computer that recorded, in the time zone here; `start`: since the first row; `previous`: since the beginning of
 * the row before; `other`: since the last byte of the other direction, which is how long an answer took.
 */
export const TIME_MODES = ['clock', 'start', 'previous', 'other'] as const
export type TimeMode = (typeof TIME_MODES)[number]

/** ns, as in rows; what is not there yet is undefined. */
export interface TimeMarks {
  readonly startNs: number
  readonly previousNs?: number | undefined
  /** Of the last byte that went the other way before this row. */
  readonly otherNs?: number | undefined
}

/** A wall clock time, exact to the ns: a number alone is not. */
export interface WallTime {
  /** Whole ms since 1970. */
  readonly ms: number
  /** 0 to 999,999 beyond them. */
  readonly ns: number
}

const LATEST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/** `timeNs`, `wallOffsetMs`: as in rows and pages. Anything beyond the year 9999 is its end. */
export function wallTime(timeNs: number, wallOffsetMs: number): WallTime {
  const wholeOffset = Math.floor(wallOffsetMs)
  const wholeTime = Math.floor(timeNs / 1e6)
  const ns = Math.round(timeNs - wholeTime * 1e6) + Math.round((wallOffsetMs - wholeOffset) * 1e6)
  const carry = Math.floor(ns / 1e6)
  const ms = wholeOffset + wholeTime + carry
  if (!(ms >= 0)) return { ms: 0, ns: 0 }
  return ms > LATEST_MS ? { ms: LATEST_MS, ns: 999_999 } : { ms, ns: ns - carry * 1e6 }
}

/** The words of one row; empty where there is nothing to tell it from. */
export function timeWords(mode: TimeMode, row: Row, marks: TimeMarks): string {
  switch (mode) {
    case 'clock':
      return clockWords(wallTime(row.timeNs, row.wallOffsetMs))
    case 'start':
      return secondsWords(row.timeNs - marks.startNs)
    case 'previous':
      return marks.previousNs === undefined ? '' : secondsWords(row.timeNs - marks.previousNs, '+')
    case 'other':
      return marks.otherNs === undefined ? '' : secondsWords(row.timeNs - marks.otherNs, '+')
  }
}

/** `14:02:09.123456`, local time. */
export function clockWords({ ms, ns }: WallTime): string {
  const date = new Date(ms)
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((each) => digits(each, 2))
    .join(':')
  return `${clock}.${digits(date.getMilliseconds() * 1000 + Math.floor(ns / 1000), 6)}`
}

/** `2026-11-21`, local time. */
export function dayWords({ ms }: WallTime): string {
  const date = new Date(ms)
  return `${digits(date.getFullYear(), 4)}-${digits(date.getMonth() + 1, 2)}-${digits(date.getDate(), 2)}`
}

/** `2026-11-21T13:02:09.123456789Z`: ISO 8601, UTC, to the ns. */
export function isoWords({ ms, ns }: WallTime): string {
  return new Date(ms).toISOString().replace('Z', `${digits(ns, 6)}Z`)
}

/** `0.001234`: seconds to the µs; `sign` stands before what is not negative. */
export function secondsWords(ns: number, sign = ''): string {
  const us = Math.round(ns / 1000)
  const size = Math.abs(us)
  const text = `${Math.floor(size / 1e6)}.${digits(size % 1e6, 6)}`
  return us < 0 ? `-${text}` : `${sign}${text}`
}

/** As wide as the words of a mode usually are: for columns. */
export const TIME_WIDTH: Readonly<Record<TimeMode, number>> = {
  clock: 15,
  start: 12,
  previous: 12,
  other: 12
}

/** Follows rows in their order and tells the time of each. */
export class TimeTrail {
  readonly #mode: TimeMode
  #startNs: number | undefined
  #previousNs: number | undefined
  readonly #lastNs: Partial<Record<Direction, number>> = {}

  constructor(mode: TimeMode) {
    this.#mode = mode
  }

  words(row: Row): string {
    return timeWords(this.#mode, row, this.follow(row))
  }

  /** The marks for this row, which is the last one seen from now on. */
  follow(row: Row): TimeMarks {
    this.#startNs ??= row.timeNs
    const { content } = row
    const isBytes = content.type === 'bytes'
    const other = isBytes && (content.direction === 'to-device' ? 'from-device' : 'to-device')
    const marks: TimeMarks = {
      startNs: this.#startNs,
      previousNs: this.#previousNs,
      otherNs: other ? this.#lastNs[other] : undefined
    }
    this.#previousNs = row.timeNs
    if (isBytes) this.#lastNs[content.direction] = row.endNs
    return marks
  }
}

function digits(value: number, count: number): string {
  return String(value).padStart(count, '0')
}
