/**
 * How many TLS handshakes may be under way: each costs memory and a signature before anybody is known. Asked by tls.ts.
 */

/** From one address at a time. */
export const MAX_PENDING_PER_ADDRESS = 8

/** From all addresses together. Beyond them each address of a paired peer still has one slot of its own. */
export const MAX_PENDING = 64

export class PendingHandshakes {
  readonly #isKnown: (address: string) => boolean
  readonly #byAddress = new Map<string, number>()
  #total = 0

  /** `isKnown`: whether a paired peer was seen at the address. */
  constructor(isKnown: (address: string) => boolean) {
    this.#isKnown = isKnown
  }

  /** Takes a slot: answers how to give it back, once; or undefined where there is none. */
  take(address: string): (() => void) | undefined {
    const here = this.#byAddress.get(address) ?? 0
    if (here >= MAX_PENDING_PER_ADDRESS) return undefined
    if (this.#total >= MAX_PENDING && (here > 0 || !this.#isKnown(address))) return undefined
    this.#byAddress.set(address, here + 1)
    this.#total++
    let taken = true
    return () => {
      if (!taken) return
      taken = false
      this.#total--
      const left = (this.#byAddress.get(address) ?? 1) - 1
      if (left === 0) this.#byAddress.delete(address)
      else this.#byAddress.set(address, left)
    }
  }
}
