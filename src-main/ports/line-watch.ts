import type { Clock } from '../base/clock.ts'
import type { Disposable } from '../base/event.ts'
import type { LineState, ModemState } from '../contract/line.ts'
import type { Counters, Lines } from '../os/modem.ts'
import { countersSince, readCounters, readLines } from '../os/modem.ts'

/** How often the lines are looked at; a person sees no delay, and 64 ports cost about 1 % of a core. */
export const WATCH_MS = 25

/**
 * Some USB adapters (FTDI, CP210x) are asked over the bus each time the lines are read, about 1 ms in which nothing else runs. They
 * are read at most this small a part of the time, and at once when their counters say that a line moved.
 */
const LONGEST_SHARE = 1 / 50

/** Below this a call only read memory; in ms. */
const CHEAP_MS = 0.2

export interface LineWatchOptions {
  readonly fd: number
  readonly clock: Clock
  /** What was read when the port opened; undefined: this device has no lines. */
  readonly lines: Lines | undefined
  modemState(state: ModemState): void
  lineState(state: LineState): void
  /** Asked at each look, and only while the port is not reading, as reading itself tells of an unplug. */
  hungUp(): boolean
  /** Called once; nothing is called after it. */
  gone(error: Error | null): void
}

/**
 * Looks at a port's modem lines and error counters by timer, as nothing in the system wakes us for them without a thread that
 * waits. Made by a hardware port; rests while there is nothing to look at. Never drives a line.
 */
export class LineWatch implements Disposable {
  readonly #options: LineWatchOptions
  #timer: Disposable | undefined
  #modem: ModemState | undefined
  #counters: Counters | undefined
  #reading = false
  #readLinesAtMs: number

  /** Throws SystemError once the device is gone. */
  constructor(options: LineWatchOptions) {
    this.#options = options
    this.#modem = options.lines?.modem
    this.#counters = readCounters(options.fd)
    this.#readLinesAtMs = options.clock.nowMs()
    this.#restOrLook()
  }

  /** Whether data is being read: then an unplug shows there. */
  set reading(reading: boolean) {
    this.#reading = reading
    this.#restOrLook()
  }

  dispose(): void {
    this.#timer?.dispose()
    this.#timer = undefined
    this.#modem = undefined
    this.#counters = undefined
    this.#reading = true
  }

  #restOrLook(): void {
    if (!this.#modem && !this.#counters && this.#reading) {
      this.#timer?.dispose()
      this.#timer = undefined
    } else this.#timer ??= this.#options.clock.every(WATCH_MS, () => this.#look(), 'idle')
  }

  #look(): void {
    try {
      if (!this.#reading && this.#options.hungUp()) {
        this.#leave(null)
        return
      }
      const since = this.#count()
      const moved = since !== undefined && since.cts + since.dsr + since.dcd + since.ri > 0
      if (moved || this.#options.clock.nowMs() >= this.#readLinesAtMs) this.#readLines(since?.ri ?? 0)
      if (since) this.#report(since)
    } catch (error) {
      this.#leave(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #count(): Counters | undefined {
    const before = this.#counters
    if (!before) return undefined
    const now = readCounters(this.#options.fd)
    this.#counters = now
    return now && countersSince(before, now)
  }

  /** `rings`: how often RI went off since the last look, which can be between two of them. */
  #readLines(rings: number): void {
    const before = this.#modem
    if (!before) return
    const startMs = this.#options.clock.nowMs()
    const now = readLines(this.#options.fd)?.modem
    const endMs = this.#options.clock.nowMs()
    const tookMs = endMs - startMs
    this.#readLinesAtMs = tookMs < CHEAP_MS ? endMs : endMs + tookMs / LONGEST_SHARE
    if (!now) return
    this.#modem = now
    if (rings > 0 && before.ri === false && now.ri === false) this.#options.modemState({ ...now, ri: true })
    else if (sameModem(before, now)) return
    this.#options.modemState(now)
  }

  #report({ overrun, parity, framing, break: breaks }: Counters): void {
    if (overrun + parity + framing + breaks === 0) return
    this.#options.lineState({ overrun, parity, framing, break: breaks })
  }

  #leave(error: Error | null): void {
    this.dispose()
    this.#options.gone(error)
  }
}

function sameModem(a: ModemState, b: ModemState): boolean {
  return a.cts === b.cts && a.dsr === b.dsr && a.dcd === b.dcd && a.ri === b.ri
}
