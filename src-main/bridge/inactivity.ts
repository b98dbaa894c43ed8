/** Finds sessions through which nothing passes any more. Called by junction.ts, which closes them. */
import type { Clock } from '../base/clock.ts'
import type { Disposable } from '../base/event.ts'
import type { SessionState } from '../contract/state.ts'

/** How much later than its time a session may be found. */
const LOOKS_PER_LIMIT = 8
const LONGEST_LOOK_MS = 5000

interface Seen {
  readonly bytes: number
  readonly sinceMs: number
}

export class Inactivity implements Disposable {
  readonly #timer: Disposable
  #seen = new Map<number, Seen>()

  /**
   * Calls `found` with the number of each session of `sessions()` through which no byte passed, either way, for `limitMs`: again
   * at each look, for as long as it is there.
   */
  constructor(
    clock: Clock,
    limitMs: number,
    sessions: () => readonly SessionState[],
    found: (session: number) => void
  ) {
    const look = (): void => {
      const seen = this.#seen
      this.#seen = new Map()
      for (const session of sessions()) {
        const bytes = passed(session)
        const before = seen.get(session.id)
        const since = before?.bytes === bytes ? before : { bytes, sinceMs: clock.nowMs() }
        this.#seen.set(session.id, since)
        if (clock.nowMs() - since.sinceMs >= limitMs) found(session.id)
      }
    }
    this.#timer = clock.every(Math.min(limitMs / LOOKS_PER_LIMIT, LONGEST_LOOK_MS), look)
  }

  dispose(): void {
    this.#timer.dispose()
  }
}

/** Also what it sent in vain is a sign of life. */
function passed(session: SessionState): number {
  const { bytesToDevice, bytesFromDevice, lostToDevice, lostFromDevice } = session
  return bytesToDevice + bytesFromDevice + lostToDevice + lostFromDevice
}
