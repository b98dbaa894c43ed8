/** The recorders of a core, by the ids of what they record: they stay while a share or link is switched off, or made anew. Called by keep.ts. */
import type { Clock } from '../base/clock.ts'
import { systemClock } from '../base/clock.ts'
import { Recorder } from '../capture/recorder.ts'
import { RingPool } from '../capture/ring-pool.ts'
import { WallOffset } from '../capture/wall-offset.ts'
import type { RecordingState } from '../contract/state.ts'

export class Recordings {
  readonly #clock: Clock
  readonly #wall: WallOffset
  readonly #pool: RingPool
  readonly #recorders = new Map<string, Recorder>()

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
    this.#wall = new WallOffset({ nowMs: () => clock.nowMs() })
    this.#pool = new RingPool({ wallOffsetMs: () => this.#wall.ms })
  }

  /** Of all together; see RingPool. Undefined: as much as this computer allows. */
  limit(maxBytes: number | undefined): void {
    this.#pool.limit(maxBytes)
  }

  /** That of the share or link, made where there is none. */
  open(id: string, on: boolean): Recorder {
    const had = this.#recorders.get(id)
    if (had) {
      turn(had, on)
      return had
    }
    const recorder = new Recorder({ pool: this.#pool, wall: this.#wall, clock: this.#clock, on })
    this.#recorders.set(id, recorder)
    return recorder
  }

  get(id: string): Recorder | undefined {
    return this.#recorders.get(id)
  }

  stateOf(id: string): { readonly recording?: RecordingState } {
    const recorder = this.#recorders.get(id)
    return recorder ? { recording: recorder.state } : {}
  }

  /** What it holds is gone. */
  close(id: string): void {
    this.#recorders.get(id)?.dispose()
    this.#recorders.delete(id)
  }
}

/** Off, it holds nothing: whoever wants no record of what passes wants none of what passed. */
function turn(recorder: Recorder, on: boolean): void {
  if (recorder.on === on) return
  recorder.switch(on)
  if (!on) recorder.clear()
}
