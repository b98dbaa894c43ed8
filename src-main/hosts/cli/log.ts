/**
 * The log of a service: one line for each thing that happened, on standard error. Called by `serve`. What is said in it comes in part
 * from the network, so each line loses its control characters, has a limited length, and nobody can flood it: a line that repeats
 * is counted for a while instead, and so is everything but errors beyond a number of lines.
 *
 *   text      2026-11-21T12:00:00.000Z info    desk: socat, process 4711 connected
 *   journald  <6>desk: socat, process 4711 connected             (it has the time; the number is the level, sd-daemon(3))
 *   json      {"time":"2026-11-21T12:00:00.000Z","level":"info","subject":"desk","text":"socat, process 4711 connected"}
 */
import { fstatSync } from 'node:fs'
import type { Clock } from '../../base/clock.ts'
import { systemClock } from '../../base/clock.ts'
import type { Disposable } from '../../base/event.ts'
import { plainText } from '../../base/plain-text.ts'
import { LOG_LEVELS, type LogLevel } from '../../contract/settings.ts'

export const LOG_FORMATS = ['text', 'json'] as const
export type LogFormat = (typeof LOG_FORMATS)[number]

/** syslog(3). */
const PRIORITIES: Readonly<Record<LogLevel, number>> = { error: 3, warning: 4, info: 6, debug: 7 }

/** More of a line no person reads, and journald would split it at 48 KiB. */
export const MAX_LOG_TEXT = 1000
const MAX_SUBJECT = 100

/** How long a line that repeats is counted before the count is told. */
export const REPEAT_MS = 10_000
/** Different lines that are remembered for that. */
const MAX_REMEMBERED = 256
/** Lines in such a time that are not errors: 64 shares that start together have room. */
export const MAX_LINES = 500

export interface LogOptions {
  /** One line, without its end. */
  readonly write: (line: string) => void
  readonly format?: LogFormat
  /** What is said: this and everything worse. */
  readonly level?: LogLevel
  /** Lines go to journald: no time, the level as it reads it. Not for `json`. */
  readonly journald?: boolean
  readonly clock?: Clock
  /** The wall clock. */
  readonly now?: () => Date
}

interface Repeated {
  readonly level: LogLevel
  readonly subject: string
  readonly text: string
  count: number
}

export class Log implements Disposable {
  readonly #options: LogOptions
  #most: number
  /** Lines said in this period, and how often again since. */
  readonly #recent = new Map<string, Repeated>()
  #lines = 0
  #leftOut = 0
  #period: Disposable | undefined

  constructor(options: LogOptions) {
    this.#options = options
    this.#most = LOG_LEVELS.indexOf(options.level ?? 'info')
  }

  /** From now on: this and everything worse is said. */
  setLevel(level: LogLevel): void {
    this.#most = LOG_LEVELS.indexOf(level)
  }

  /** `subject`: what it is about, a share or a link; empty: Farport itself. */
  say(level: LogLevel, subject: string, text: string): void {
    if (LOG_LEVELS.indexOf(level) > this.#most) return
    const line = { level, subject: plainText(subject, MAX_SUBJECT), text: plainText(text, MAX_LOG_TEXT) }
    const key = `${level} ${line.subject}\n${line.text}`
    this.#period ??= (this.#options.clock ?? systemClock).after(REPEAT_MS, () => this.#endPeriod(), 'idle')
    const known = this.#recent.get(key)
    if (known) {
      known.count++
      return
    }
    if (level !== 'error' && ++this.#lines > MAX_LINES) {
      this.#leftOut++
      return
    }
    if (this.#recent.size < MAX_REMEMBERED) this.#recent.set(key, { ...line, count: 0 })
    this.#write(line)
  }

  /** Says what was only counted so far. A line that comes later begins anew. */
  dispose(): void {
    this.#endPeriod()
  }

  #endPeriod(): void {
    this.#period?.dispose()
    this.#period = undefined
    for (const { level, subject, text, count } of this.#recent.values())
      if (count > 0) this.#write({ level, subject, text: `${text} (repeated ${times(count)})` })
    this.#recent.clear()
    if (this.#leftOut > 0)
      this.#write({
        level: 'warning',
        subject: '',
        text: `${this.#leftOut} more ${this.#leftOut === 1 ? 'line was' : 'lines were'} left out of this log: too many at once`
      })
    this.#lines = 0
    this.#leftOut = 0
  }

  #write({ level, subject, text }: Omit<Repeated, 'count'>): void {
    const { write, format, journald, now = () => new Date() } = this.#options
    if (format === 'json')
      write(JSON.stringify({ time: now().toISOString(), level, ...(subject && { subject }), text }))
    else {
      const told = subject === '' ? text : `${subject}: ${text}`
      write(journald ? `<${PRIORITIES[level]}>${told}` : `${now().toISOString()} ${level.padEnd(7)} ${told}`)
    }
  }
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}

/**
 * Whether what is written to `fd` goes to journald (systemd.exec(5), $JOURNAL_STREAM). Programs further down inherit the variable
 * with their output led elsewhere, so it names the stream.
 */
export function leadsToJournal(fd = 2, environment: NodeJS.ProcessEnv = process.env): boolean {
  const { JOURNAL_STREAM: stream } = environment
  if (stream === undefined) return false
  try {
    const { dev, ino } = fstatSync(fd, { bigint: true })
    return stream === `${dev}:${ino}`
  } catch {
    return false // closed
  }
}
