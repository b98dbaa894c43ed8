/**
 * Who tries links that are not good waits longer for each answer. Nobody is shut out: a good link is taken at once, from anywhere.
 * Called by page-server.ts.
 */
import { Backoff } from '../../base/backoff.ts'
import type { Clock } from '../../base/clock.ts'
import { addressGroup } from '../../net/address-group.ts'

/** In ms. */
export const FIRST_WAIT_MS = 250
export const LONGEST_WAIT_MS = 8000
/** After so long without a wrong one an address begins anew, in ms. */
const FORGET_MS = 10 * 60_000
/** Addresses that are remembered; the one that was silent longest makes room. */
const MAX_ADDRESSES = 256
/** Answers that are held back at a time; beyond them it is said at once that there are too many. */
export const MAX_HELD = 32

interface Address {
  readonly backoff: Backoff
  lastMs: number
}

export class WrongLinks {
  readonly #clock: Clock
  readonly #addresses = new Map<string, Address>()
  #held = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves when this address may have its answer: true; or at once with false where too many wait. */
  async wait(address: string): Promise<boolean> {
    if (this.#held >= MAX_HELD) return false
    const waitMs = this.#of(addressGroup(address)).backoff.next()
    this.#held++
    await new Promise<void>((resolve) => void this.#clock.after(waitMs, resolve, 'idle'))
    this.#held--
    return true
  }

  #of(group: string): Address {
    const nowMs = this.#clock.nowMs()
    const known = this.#addresses.get(group)
    const address =
      known && nowMs - known.lastMs < FORGET_MS
        ? known
        : { backoff: new Backoff(FIRST_WAIT_MS, LONGEST_WAIT_MS), lastMs: nowMs }
    address.lastMs = nowMs
    this.#addresses.delete(group)
    this.#addresses.set(group, address)
    const [silent] = this.#addresses.keys()
    if (this.#addresses.size > MAX_ADDRESSES && silent !== undefined) this.#addresses.delete(silent)
    return address
  }
}
