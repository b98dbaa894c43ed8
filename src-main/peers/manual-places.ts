/**
 * Computers that mDNS does not reach, at addresses that a person gave: each is looked at now and then, for whose key answers. Called by
 * core. It says nothing there and asks for nothing: who is not paired there is nobody's business yet.
 */
import type { Clock } from '../base/clock.ts'
import { systemClock } from '../base/clock.ts'
import type { Disposable, Event } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import { DONE } from '../contract/close.ts'
import { Fault, toFault, type FaultRecord } from '../contract/faults.ts'
import type { TlsIdentity } from '../net/tls-identity.ts'
import { dialTls, type TlsPlace } from '../net/tls.ts'
import { formatPlace, readPlace } from './places.ts'

/** How often each is looked at, in ms. */
export const LOOK_MS = 60_000

/** For the name, the connection and the handshake, in ms. */
const ANSWER_MS = 5000

/** For the end of a connection that carried nothing, in ms. */
const FAREWELL_MS = 500

/** Looks at a time: each holds a socket, and a network that drops what comes lets each of them wait. */
export const MAX_LOOKS = 4

/** What stands at a place. */
export interface PlaceState {
  /** As a person wrote it, the port only where it is another than the usual one. */
  readonly text: string
  readonly place: TlsPlace
  /** Whose key answered last. */
  readonly id?: string
  readonly present: boolean
  /** Why it does not answer. */
  readonly fault?: FaultRecord
  /** First look, and last answer (0: none): wall clock, ms since 1970. */
  readonly since: number
  readonly seen: number
}

export interface ManualPlacesOptions {
  readonly identity: TlsIdentity
  readonly clock?: Clock
  readonly wallMs?: () => number
  /** Whose key answers there; for tests. */
  readonly look?: (place: TlsPlace, signal: AbortSignal) => Promise<string>
}

export class ManualPlaces implements Disposable {
  readonly #options: ManualPlacesOptions
  readonly #clock: Clock
  readonly #states = new Map<string, PlaceState>()
  readonly #changes = new Emitter<void>()
  readonly #end = new AbortController()
  #queue: string[] = []
  #looking = new Set<string>()
  #timer: Disposable | undefined

  /** `states` changed. */
  readonly onChange: Event<void> = this.#changes.event

  constructor(options: ManualPlacesOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  get states(): readonly PlaceState[] {
    return [...this.#states.values()]
  }

  /** These and no others; new ones are looked at at once. What is no place is left out: whoever wrote it was told. */
  set(texts: readonly string[]): void {
    const wanted = new Map(texts.flatMap((text) => (readPlace(text) ? [[formatted(text), text]] : [])))
    for (const text of this.#states.keys()) if (!wanted.has(text)) this.#states.delete(text)
    for (const text of wanted.keys()) {
      const place = readPlace(text)
      if (!place || this.#states.has(text)) continue
      const now = (this.#options.wallMs ?? Date.now)()
      this.#states.set(text, { text, place, present: false, since: now, seen: 0 })
      this.#enqueue(text)
    }
    this.#timer?.dispose()
    this.#timer = this.#states.size > 0 ? this.#clock.every(LOOK_MS, () => this.refresh(), 'idle') : undefined
    this.#changes.fire()
  }

  /** Looks at all of them now. */
  refresh(): void {
    for (const text of this.#states.keys()) this.#enqueue(text)
  }

  dispose(): void {
    this.#timer?.dispose()
    this.#end.abort()
    this.#queue = []
  }

  #enqueue(text: string): void {
    if (this.#end.signal.aborted || this.#queue.includes(text) || this.#looking.has(text)) return
    this.#queue.push(text)
    this.#next()
  }

  #next(): void {
    while (this.#looking.size < MAX_LOOKS) {
      const text = this.#queue.shift()
      if (text === undefined) return
      this.#looking.add(text)
      void this.#look(text)
    }
  }

  async #look(text: string): Promise<void> {
    const found = await this.#find(text)
    this.#looking.delete(text)
    if (this.#end.signal.aborted) return
    const state = this.#states.get(text)
    if (state && found) {
      this.#states.set(text, { ...withoutFault(state), ...found })
      this.#changes.fire()
    }
    this.#next()
  }

  async #find(text: string): Promise<(Pick<PlaceState, 'present'> & Partial<PlaceState>) | undefined> {
    const place = this.#states.get(text)?.place
    if (!place) return undefined
    try {
      const id = await (this.#options.look ?? this.#ask)(place, this.#end.signal)
      return { present: true, id, seen: (this.#options.wallMs ?? Date.now)() }
    } catch (error) {
      return { present: false, fault: toFault(error).toJSON() }
    }
  }

  readonly #ask = async (place: TlsPlace, signal: AbortSignal): Promise<string> => {
    const options = { signal, clock: this.#clock, timeoutMs: ANSWER_MS }
    const connection = await dialTls(place, this.#options.identity, options)
    // In good order: what is cut off here looks like a failure there.
    await connection.close(DONE, FAREWELL_MS)
    return connection.peerId
  }
}

/** As it is kept. Throws `usage` where nothing can be looked for there. */
export function readManualPlace(text: string): string {
  if (readPlace(text)) return formatted(text)
  throw new Fault(
    'usage',
    `"${text.slice(0, 100)}" is no place of a computer: name a host or an address, 192.168.1.20 or lab.example:22300.`
  )
}

function formatted(text: string): string {
  const place = readPlace(text)
  return place ? formatPlace(place) : text
}

function withoutFault({ text, place, id, present, since, seen }: PlaceState): PlaceState {
  return { text, place, ...(id !== undefined && { id }), present, since, seen }
}
