/** Which line settings were in force at a record of a recording, also where the record that says so is gone. Called by recorder.ts. */
import type { LineSettings } from '../contract/line.ts'

interface Entry {
  readonly record: number
  readonly settings: LineSettings
}

export class SettingsHistory {
  #entries: Entry[] = []
  #trimAt = 16

  /** They are in force from this record on. `first`: the oldest record that anybody can still ask for. */
  add(record: number, settings: LineSettings, first: number): void {
    this.#entries.push({ record, settings })
    if (this.#entries.length < this.#trimAt) return
    const kept = this.#entries.findLastIndex((each) => each.record <= first)
    this.#entries.splice(0, Math.max(0, kept))
    // Not at each one that comes then.
    this.#trimAt = Math.max(16, this.#entries.length * 2)
  }

  /** Undefined: nobody said. */
  at(record: number): LineSettings | undefined {
    return this.#entries.findLast((each) => each.record <= record)?.settings
  }
}
