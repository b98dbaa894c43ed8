/**
 * Backpressure from the device, and who may cause it. A session whose queue is above the mark pauses the device, so that
 * nothing is lost; but one that thereby lets others starve is unhealthy: it holds nobody up any more, and it is dropped when
 * it falls too far behind. Called by from-device.ts; moves no bytes itself.
 */
import type { Clock } from '../base/clock.ts'
import { LOW_WATER } from '../base/duplex.ts'
import type { Disposable } from '../base/event.ts'

/** Another session had nothing to send for this long, because of the pause. */
export const STARVED_MS = 50
/** For this long below LOW_WATER, and an unhealthy session is healthy again. */
export const RECOVERED_MS = 1000
/** An unhealthy session is dropped at this many queued bytes … */
export const TOO_MUCH = 1024 * 1024
/** … or when the oldest of them is this old. */
export const TOO_OLD_MS = 10_000

/** How often to look whether somebody starves. */
const STARVING_LOOK_MS = 10
/** How often to look at unhealthy sessions; so exact is the age of the oldest byte. */
const UNHEALTHY_LOOK_MS = 100

export interface SlowSessionsOptions<S> {
  readonly clock: Clock
  readonly pause: () => void
  readonly resume: () => void
  /** The session is beyond help. It is forgotten here before the call. */
  readonly drop: (session: S, why: string) => void
}

interface Reader<S> {
  readonly session: S
  /** `write` answered false, and it did not drain since. */
  congested: boolean
  /** All bytes that ever came into its queue, in the queue's own measure (a codec may have made them more). */
  given: number
  unhealthy: Unhealthy | undefined
}

interface Unhealthy {
  /** `given` at each look of the last TOO_OLD_MS, the oldest first. */
  history: number[]
  /** Since when its queue stays low; undefined: it does not. */
  lowSinceMs: number | undefined
}

export class SlowSessions<S extends { readonly queued: number }> {
  readonly #options: SlowSessionsOptions<S>
  readonly #readers = new Map<S, Reader<S>>()
  #paused = false
  #starvingSinceMs: number | undefined
  #starvingLook: Disposable | undefined
  #unhealthyLook: Disposable | undefined

  constructor(options: SlowSessionsOptions<S>) {
    this.#options = options
  }

  /** The device is to be paused. */
  get paused(): boolean {
    return this.#paused
  }

  add(session: S): void {
    this.#readers.set(session, { session, congested: false, given: 0, unhealthy: undefined })
    this.#judge()
  }

  remove(session: S): void {
    this.#readers.delete(session)
    this.#judge()
  }

  /** A chunk was written to the session: `queuedBefore` is what waited before it, `more` what `write` answered. Hot path. */
  wrote(session: S, queuedBefore: number, more: boolean): void {
    const reader = this.#readers.get(session)
    if (!reader) return
    reader.given += session.queued - queuedBefore
    if (!more && !reader.congested) {
      reader.congested = true
      this.#judge()
    }
    if (reader.unhealthy) this.#check(reader, reader.unhealthy)
  }

  drained(session: S): void {
    const reader = this.#readers.get(session)
    if (!reader) return
    reader.congested = false
    this.#judge()
  }

  dispose(): void {
    this.#readers.clear()
    this.#judge()
  }

  /** Brings pause and timers in line with what the readers are. */
  #judge(): void {
    const readers = [...this.#readers.values()]
    const [lone] = readers
    if (lone && readers.length === 1) lone.unhealthy = undefined
    const pause = readers.some((reader) => reader.congested && !reader.unhealthy)
    if (pause !== this.#paused) {
      this.#paused = pause
      if (pause) this.#options.pause()
      else this.#options.resume()
    }
    this.#watchStarving(this.#paused && readers.length > 1)
    this.#watchUnhealthy(readers.some((reader) => reader.unhealthy))
  }

  #watchStarving(on: boolean): void {
    if (!on) {
      this.#starvingLook?.dispose()
      this.#starvingLook = this.#starvingSinceMs = undefined
    } else if (!this.#starvingLook) {
      this.#starvingLook = this.#options.clock.every(STARVING_LOOK_MS, () => {
        this.#lookForStarving()
      })
      this.#lookForStarving()
    }
  }

  #lookForStarving(): void {
    const nowMs = this.#options.clock.nowMs()
    const readers = [...this.#readers.values()]
    if (!readers.some((reader) => reader.session.queued === 0)) {
      this.#starvingSinceMs = undefined
      return
    }
    this.#starvingSinceMs ??= nowMs
    if (nowMs - this.#starvingSinceMs < STARVED_MS) return
    for (const reader of readers)
      if (reader.congested) reader.unhealthy ??= { history: [], lowSinceMs: undefined }
    this.#judge()
  }

  #watchUnhealthy(on: boolean): void {
    if (!on) {
      this.#unhealthyLook?.dispose()
      this.#unhealthyLook = undefined
    } else {
      this.#unhealthyLook ??= this.#options.clock.every(UNHEALTHY_LOOK_MS, () => {
        for (const reader of [...this.#readers.values()])
          if (reader.unhealthy) this.#look(reader, reader.unhealthy)
      })
    }
  }

  #look(reader: Reader<S>, unhealthy: Unhealthy): void {
    this.#check(reader, unhealthy)
    if (!this.#readers.has(reader.session)) return
    const { history } = unhealthy
    history.push(reader.given)
    if (history.length > TOO_OLD_MS / UNHEALTHY_LOOK_MS) {
      const givenThen = history.shift() ?? 0
      // What was taken so far is less than what had been given ten seconds ago: a byte of that time still waits.
      if (reader.given - reader.session.queued < givenThen) this.#drop(reader, 'its oldest byte waited 10 s')
    }
    const { lowSinceMs } = unhealthy
    if (lowSinceMs === undefined || this.#options.clock.nowMs() - lowSinceMs < RECOVERED_MS) return
    reader.unhealthy = undefined
    this.#judge()
  }

  /** The two limits that a single write can pass. */
  #check(reader: Reader<S>, unhealthy: Unhealthy): void {
    const { queued } = reader.session
    if (queued >= LOW_WATER) unhealthy.lowSinceMs = undefined
    else unhealthy.lowSinceMs ??= this.#options.clock.nowMs()
    if (queued >= TOO_MUCH) this.#drop(reader, '1 MiB waited for it')
  }

  #drop(reader: Reader<S>, why: string): void {
    this.remove(reader.session)
    this.#options.drop(reader.session, why)
  }
}
