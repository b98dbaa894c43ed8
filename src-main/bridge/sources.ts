/**
 * Where the sessions of one share or link come from: listeners, dialled addresses, the far end of a cable. They come and go while
 * it runs, and it closes those that it has. Called by junction.ts, which decides who comes in.
 */
import type { Disposable } from '../base/event.ts'
import { Lifetime } from '../base/lifetime.ts'
import type { CloseReason } from '../contract/close.ts'
import type { Fault } from '../contract/faults.ts'
import type { BridgeState, PortState } from '../contract/state.ts'
import type { Ear, Session, SessionSource } from '../sessions/session.ts'
import type { Tap } from './tap.ts'

export interface SourcesOptions {
  /** One came from there. */
  readonly come: (session: Session, source: SessionSource) => void
  /** For those that have to hear the device. */
  readonly tap: (tap: Tap) => Disposable
  /** So many bytes of the device were kept for somebody who did not come. */
  readonly unheard: (bytes: number) => void
  /** `state` or `ports` changed. */
  readonly changed: () => void
  readonly failed: (fault: Fault) => void
}

/** Somebody may come from there, until `door` is disposed; what else is to be heard of it ends with `life`. */
interface Open {
  readonly door: Disposable
  readonly life: Lifetime
}

export class Sources implements Disposable {
  readonly #options: SourcesOptions
  #all: readonly SessionSource[] = []
  readonly #open = new Map<SessionSource, Open>()

  constructor(options: SourcesOptions) {
    this.#options = options
  }

  /** In the order that people gave them. */
  get state(): Pick<BridgeState, 'addresses' | 'awaited' | 'dials'> {
    const awaited = this.#all.filter((source) => source.awaited).map(({ address }) => address)
    return {
      addresses: this.#all.filter(({ outward }) => !outward).map(({ address }) => address),
      ...(awaited.length > 0 && { awaited }),
      dials: this.#all.filter(({ outward }) => outward).map(({ address }) => address)
    }
  }

  get ports(): readonly PortState[] {
    return this.#all.flatMap(({ port }) => (port ? [port.state] : []))
  }

  /** See SessionSource. */
  retry(): void {
    for (const source of this.#all) source.retry?.()
  }

  /** It has these, in this order; those that it had not may bring somebody from now on. Who is left out has been ended before. */
  arrange(sources: readonly SessionSource[]): void {
    this.#all = [...sources]
    for (const source of sources) if (!this.#open.has(source)) this.#begin(source)
    this.#options.changed()
  }

  /** Nobody comes from there any more. Resolves when its address is free. */
  async end(source: SessionSource, reason: CloseReason): Promise<void> {
    const open = this.#open.get(source)
    if (!open) return
    this.#open.delete(source)
    this.#all = this.#all.filter((each) => each !== source)
    open.door.dispose()
    this.#options.changed()
    await source.close(reason)
    open.life.dispose()
  }

  /** All of them; whoever comes meanwhile is still handed on, to be told why not. Resolves when their addresses are free. */
  async close(reason: CloseReason): Promise<void> {
    await Promise.all(this.#all.map((source) => source.close(reason)))
  }

  dispose(): void {
    for (const { door, life } of this.#open.values()) {
      door.dispose()
      life.dispose()
    }
    this.#open.clear()
  }

  #begin(source: SessionSource): void {
    const { come, changed, failed } = this.#options
    const { port, ear } = source
    const life = new Lifetime()
    if (port) life.add(port.onState(changed))
    if (port) life.add(port.onFault(failed))
    if (source.onAccepting) life.add(source.onAccepting(changed))
    if (source.onFault) life.add(source.onFault(failed))
    if (ear) this.#listenWith(ear, life)
    // The last: there are those that begin with it.
    const door = source.onSession((session) => come(session, source))
    this.#open.set(source, { door, life })
  }

  #listenWith(ear: Ear, life: Lifetime): void {
    life.add(ear.onLost((bytes) => this.#options.unheard(bytes)))
    life.add(
      this.#options.tap({
        bytes: (_timeMs, direction, _session, chunk) => {
          if (direction === 'from-device') ear.hear(chunk)
        },
        event: () => undefined
      })
    )
  }
}
