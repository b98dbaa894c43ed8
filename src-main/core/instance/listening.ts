/**
 * Where other Farports reach this one: the farport/1 listeners that the preferences ask for. What cannot listen now (another program has
 * the port, the address is not there yet) is told once and tried on. Called by peers.ts; who comes, and what he gets, is not its concern.
 */
import type { Clock } from '../../base/clock.ts'
import type { Disposable, Event } from '../../base/event.ts'
import { Emitter } from '../../base/event.ts'
import { DONE } from '../../contract/close.ts'
import { Fault, toFault } from '../../contract/faults.ts'
import type { Preferences } from '../../contract/settings.ts'
import type { Refusal } from '../../net/carrier.ts'
import type { TlsIdentity } from '../../net/tls-identity.ts'
import { formatAddress } from '../../net/endpoint.ts'
import { listenTls, type TlsListener } from '../../net/tls.ts'

/** How often an address that could not be had is tried again, in ms. */
export const LISTEN_TRY_MS = 1000

/** All of IPv6, which takes IPv4 too; and where the system has no IPv6, all of IPv4. */
const EVERYWHERE = ['::', '0.0.0.0'] as const

/** What a system without IPv6 says of `::`. */
const NO_IPV6: ReadonlySet<unknown> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EPROTONOSUPPORT', 'EINVAL'])

export interface ListeningOptions {
  readonly identity: TlsIdentity
  readonly clock: Clock
  readonly isKnownAddress: (address: string) => boolean
  /** One accepts from now on; disposed of when it does not any more. Who came lives on. */
  readonly accept: (listener: TlsListener) => Disposable
  readonly refused: (refusal: Refusal) => void
  /** For people: where it listens now, or why it does not; once per cause. */
  readonly tell: (level: 'info' | 'warning', text: string) => void
}

export class Listening implements Disposable {
  readonly #options: ListeningOptions
  readonly #places = new Map<string, Place>()
  readonly #changes = new Emitter<void>()
  #row: Promise<void> = Promise.resolve()
  #ended = false

  /** `urls` or `faults` changed. */
  readonly onChange: Event<void> = this.#changes.event

  constructor(options: ListeningOptions) {
    this.#options = options
  }

  /** Those that accept: `farport://[::]:22217`. */
  get urls(): string[] {
    return [...this.#places.values()].flatMap(({ url }) => url ?? [])
  }

  /** Why others do not accept. */
  get faults(): Fault[] {
    return [...this.#places.values()].flatMap(({ fault }) => fault ?? [])
  }

  /** Listens there and nowhere else; what stays the same is not touched. Resolves when each was tried once; never rejects. */
  apply(wanted: Preferences['listen']): Promise<void> {
    this.#row = this.#row.then(() => this.#apply(wanted))
    return this.#row
  }

  dispose(): void {
    this.#ended = true
    for (const place of this.#places.values()) void place.end()
    this.#places.clear()
  }

  async #apply({ enabled, port, addresses }: Preferences['listen']): Promise<void> {
    const hosts = addresses.length === 0 ? [EVERYWHERE] : addresses.map((each) => [each])
    const all = new Map(enabled ? hosts.map((each) => [`${each.join()} ${port}`, each]) : [])
    const gone = [...this.#places].filter(([key]) => !all.has(key))
    // First: an address may be part of a new one.
    for (const [key] of gone) this.#places.delete(key)
    await Promise.all(gone.map(([, place]) => place.end()))
    const begun: Promise<void>[] = []
    for (const [key, each] of all) {
      if (this.#ended || this.#places.has(key)) continue
      const place = new Place(each, port, this.#options, () => this.#changes.fire())
      this.#places.set(key, place)
      begun.push(place.begin())
    }
    await Promise.all(begun)
    this.#changes.fire()
  }
}

/** One address, or what stands for all of them: the first of `hosts` that this system has. */
class Place {
  readonly #hosts: readonly string[]
  readonly #port: number
  readonly #options: ListeningOptions
  readonly #changed: () => void
  readonly #end = new AbortController()
  #trying: Promise<void> = Promise.resolve()
  #timer: Disposable | undefined
  #listener: TlsListener | undefined
  #accepting: Disposable | undefined
  #fault: Fault | undefined

  constructor(hosts: readonly string[], port: number, options: ListeningOptions, changed: () => void) {
    this.#hosts = hosts
    this.#port = port
    this.#options = options
    this.#changed = changed
  }

  get url(): string | undefined {
    return this.#listener?.url
  }

  get fault(): Fault | undefined {
    return this.#fault
  }

  /** Resolves after the first try. */
  begin(): Promise<void> {
    this.#trying = this.#try()
    return this.#trying
  }

  /** Resolves when the address is free. */
  async end(): Promise<void> {
    this.#end.abort()
    this.#timer?.dispose()
    await this.#trying
    this.#accepting?.dispose()
    await this.#listener?.close(DONE)
  }

  async #try(): Promise<void> {
    try {
      const listener = await this.#listen()
      this.#listener = listener
      // Ended meanwhile: whoever did closes it.
      if (this.#end.signal.aborted) return
      this.#fault = undefined
      this.#accepting = this.#options.accept(listener)
      this.#options.tell('info', `other Farports reach this computer at ${listener.url}`)
      this.#changed()
    } catch (error) {
      if (!this.#end.signal.aborted) this.#failed(toFault(error))
    }
  }

  async #listen(): Promise<TlsListener> {
    const { identity, clock, isKnownAddress, refused } = this.#options
    const { signal } = this.#end
    const [host = '', ...others] = this.#hosts
    const options = { signal, clock, isKnownAddress, onRefused: refused }
    try {
      return await listenTls({ host, port: this.#port }, identity, options)
    } catch (error) {
      const [other] = others
      if (other === undefined || !lacksIpv6(error)) throw error
      return await listenTls({ host: other, port: this.#port }, identity, options)
    }
  }

  #failed({ code, message, cause }: Fault): void {
    // The listeners' own advice, any free port, would be one that nobody finds.
    const why =
      code === 'address-in-use'
        ? `${formatAddress(this.#hosts[0] ?? '', this.#port)} is in use by another program. End that one, or set another port (preferences.listen.port in the settings).`
        : message
    const text = `Other Farports cannot reach this computer: ${why} It is tried again each second.`
    if (this.#fault?.message !== text) {
      this.#fault = new Fault(code, text, cause)
      this.#options.tell('warning', text)
      this.#changed()
    }
    this.#timer = this.#options.clock.after(LISTEN_TRY_MS, () => void this.begin(), 'idle')
  }
}

function lacksIpv6(error: unknown): boolean {
  const cause = error instanceof Fault ? error.cause : undefined
  return cause instanceof Error && 'code' in cause && NO_IPV6.has(cause.code)
}
