/**
 * How many TLS handshakes may be under way: each costs memory and a signature before anybody is known. Asked by tls.ts.
 */
import { addressGroup } from './address-group.ts'

/** From one address at a time; of IPv6 from one /64, and from each address in it where a paired peer was seen. */
export const MAX_PENDING_PER_ADDRESS = 8

/** From all addresses together. Beyond them each address of a paired peer still has one slot of its own. */
export const MAX_PENDING = 64

export class PendingHandshakes {
  readonly #isKnown: (address: string) => boolean
  readonly #byPlace = new Map<string, number>()
  #total = 0

  /** `isKnown`: whether a paired peer was seen at the address. */
  constructor(isKnown: (address: string) => boolean) {
    this.#isKnown = isKnown
  }

  /** Takes a slot: answers how to give it back, once; or undefined where there is none. */
  take(address: string): (() => void) | undefined {
    const isKnown = this.#isKnown(address)
    const place = isKnown ? address : addressGroup(address)
    const here = this.#byPlace.get(place) ?? 0
    if (here >= MAX_PENDING_PER_ADDRESS) return undefined
    if (this.#total >= MAX_PENDING && (here > 0 || !isKnown)) return undefined
    this.#byPlace.set(place, here + 1)
    this.#total++
    let taken = true
    return () => {
      if (!taken) return
      taken = false
      this.#total--
      const left = (this.#byPlace.get(place) ?? 1) - 1
      if (left === 0) this.#byPlace.delete(place)
      else this.#byPlace.set(place, left)
    }
  }
}

/** More than come to one listener. */
const MAX_SEEN = 64

/** Addresses at which a listener saw somebody who proved a key that may come: they are known ones from then on. */
export class SeenAddresses {
  readonly #all = new Set<string>()

  has(address: string): boolean {
    return this.#all.has(address)
  }

  /** The one that was not seen for longest gives way. */
  add(address: string): void {
    this.#all.delete(address)
    this.#all.add(address)
    const [oldest] = this.#all
    if (this.#all.size > MAX_SEEN && oldest !== undefined) this.#all.delete(oldest)
  }
}
