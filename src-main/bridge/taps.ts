/** The recorders of one hub, behind one call each. Costs nothing while nobody records. */
import type { Clock } from '../base/clock.ts'
import type { Disposable } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import type { Direction, HubEvent } from '../contract/traffic.ts'
import type { Tap } from './tap.ts'

export class Taps {
  readonly #clock: Clock
  readonly #events = new Emitter<HubEvent>()
  #taps: readonly Tap[] = []

  /** The events without the bytes, for those who do not record. */
  readonly onEvent = this.#events.event

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(tap: Tap): Disposable {
    this.#taps = [...this.#taps, tap]
    return {
      dispose: () => {
        this.#taps = this.#taps.filter((each) => each !== tap)
      }
    }
  }

  bytes(direction: Direction, session: number, chunk: Uint8Array): void {
    if (this.#taps.length === 0) return
    const timeMs = this.#clock.nowMs()
    for (const tap of this.#taps) tap.bytes(timeMs, direction, session, chunk)
  }

  event(event: HubEvent): void {
    const timeMs = this.#clock.nowMs()
    for (const tap of this.#taps) tap.event(timeMs, event)
    this.#events.fire(event)
  }
}
