import type { Direction } from '../contract/traffic.ts'

export interface Counts {
  /** Handed to the port, and not known to be lost. */
  readonly bytesToDevice: number
  /** Handed to the session, and not known to be lost. */
  readonly bytesFromDevice: number
  readonly lostToDevice: number
  readonly lostFromDevice: number
}

/**
 * The bytes of one session, and in a second one those of all. For each direction
 * `sent = passed on + lost + still waiting + purged on request`: nothing disappears between the columns.
 */
export class Account {
  readonly #total: Account | undefined
  #bytesToDevice = 0
  #bytesFromDevice = 0
  #lostToDevice = 0
  #lostFromDevice = 0

  /** Whatever is counted here is counted in `total` too. */
  constructor(total?: Account) {
    this.#total = total
  }

  get counts(): Counts {
    return {
      bytesToDevice: this.#bytesToDevice,
      bytesFromDevice: this.#bytesFromDevice,
      lostToDevice: this.#lostToDevice,
      lostFromDevice: this.#lostFromDevice
    }
  }

  passed(direction: Direction, bytes: number): void {
    if (direction === 'to-device') this.#bytesToDevice += bytes
    else this.#bytesFromDevice += bytes
    this.#total?.passed(direction, bytes)
  }

  lost(direction: Direction, bytes: number): void {
    if (direction === 'to-device') this.#lostToDevice += bytes
    else this.#lostFromDevice += bytes
    this.#total?.lost(direction, bytes)
  }

  /** What was passed on turned out to be lost: it changes the column. */
  lostAfterwards(direction: Direction, bytes: number): void {
    this.passed(direction, -bytes)
    this.lost(direction, bytes)
  }
}
