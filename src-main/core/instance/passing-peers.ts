/**
 * Computers that were accepted once: each may use what it is granted until this Farport ends, or until it has had no connection here, nor
 * we to it, for a while. So a network that fails for a moment, or a program that opens its port again, ends nothing; and who has left does
 * not come back tomorrow. Called by peers.ts; those who end are forgotten in the trust store, which knows them in memory alone.
 */
import type { Clock } from '../../base/clock.ts'
import type { Disposable, Event } from '../../base/event.ts'
import type { TrustStore } from '../../peers/trust.ts'

/** Without a connection, until it has to be paired again, in ms. */
export const ONCE_MS = 10 * 60_000

export interface PassingPeersOptions {
  readonly trust: TrustStore
  readonly clock: Clock
  readonly connections: (id: string) => number
  /** `connections` may have changed. */
  readonly onChange: Event<void>
  readonly tell: (level: 'info', text: string) => void
}

export class PassingPeers implements Disposable {
  readonly #options: PassingPeersOptions
  /** Of those who are away. */
  readonly #away = new Map<string, Disposable>()
  readonly #subscriptions: readonly Disposable[]

  constructor(options: PassingPeersOptions) {
    this.#options = options
    const look = (): void => this.#look()
    this.#subscriptions = [
      options.onChange(look),
      options.trust.onPassing(look),
      options.trust.onRevoked(look)
    ]
  }

  dispose(): void {
    for (const each of [...this.#subscriptions, ...this.#away.values()]) each.dispose()
    this.#away.clear()
  }

  #look(): void {
    const { trust, clock, connections } = this.#options
    const away = new Set(trust.passing.flatMap(({ id }) => (connections(id) > 0 ? [] : [id])))
    for (const [id, timer] of this.#away)
      if (!away.has(id)) {
        timer.dispose()
        this.#away.delete(id)
      }
    for (const id of away)
      if (!this.#away.has(id))
        this.#away.set(
          id,
          clock.after(ONCE_MS, () => this.#end(id), 'idle')
        )
  }

  #end(id: string): void {
    const { trust, tell } = this.#options
    this.#away.delete(id)
    const name = trust.get(id)?.name ?? ''
    tell('info', `${name} was accepted once and has been away since: it has to be paired again`)
    void trust.remove(id)
  }
}
