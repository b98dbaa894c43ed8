/**
 * A share, link or rotator of the settings: switched on, it is tried until it runs (its address may be taken, its path occupied) and
 * says why it does not; switched off, it keeps its place. Called by entries.ts.
 */
import { Backoff } from '../../base/backoff.ts'
import type { Clock } from '../../base/clock.ts'
import type { Disposable } from '../../base/event.ts'
import type { CloseReason } from '../../contract/close.ts'
import type { Fault, FaultCode } from '../../contract/faults.ts'
import { toFault } from '../../contract/faults.ts'
import type { LineWish } from '../../contract/line.ts'
import type { ShareEntry } from '../../contract/settings.ts'
import type { PortState } from '../../contract/state.ts'
import type { Switch } from '../placed.ts'

/** What no time mends: only other settings do. */
const LASTING: ReadonlySet<FaultCode> = new Set([
  'usage',
  'bad-url',
  'bad-settings',
  'unsupported',
  'allow-missing'
])

export interface EntryOptions {
  readonly switch: Switch
  readonly clock: Clock
  /** Wall clock, ms since 1970. */
  readonly wallMs: () => number
  /** `failure` changed. */
  readonly changed: () => void
  /** It is on, now or again. */
  readonly started: () => void
  /** It cannot be on; once per cause. */
  readonly failed: (fault: Fault) => void
}

type Failure = PortState & { readonly type: 'waiting' }

export class Entry {
  readonly #options: EntryOptions
  readonly #backoff = new Backoff()
  #wanted = false
  #closed = false
  #failure: Failure | undefined
  #told: string | undefined
  #retry: Disposable | undefined
  /** One switching after the other. */
  #row: Promise<unknown> = Promise.resolve()

  constructor(options: EntryOptions) {
    this.#options = options
  }

  /** It shall run. */
  get wanted(): boolean {
    return this.#wanted
  }

  /** Why it does not, and when it is tried again; undefined: it runs, or is off. */
  get failure(): Failure | undefined {
    return this.#failure
  }

  /** Resolves when it was tried once. After `close` it does nothing. */
  enable(): Promise<void> {
    if (this.#closed) return Promise.resolve()
    this.#wanted = true
    this.#backoff.reset()
    this.#told = undefined
    return this.#inRow(() => this.#try())
  }

  /** Resolves with the number of bytes that were not delivered. */
  disable(timeoutMs: number): Promise<number> {
    return this.#end(() => this.#options.switch.off(timeoutMs))
  }

  /** For good; as `disable`. `reason`: what those who use it are told. */
  close(timeoutMs: number, reason: CloseReason): Promise<number> {
    this.#closed = true
    return this.#end(() => this.#options.switch.end(timeoutMs, reason))
  }

  /** Where it cannot be on, that is tried now, whatever the cause. Told again only where that is another one. */
  retry(): void {
    this.#backoff.reset()
    void this.#inRow(async () => {
      if (this.#failure) await this.#try()
    })
  }

  /** Another name; it goes on. */
  rename(name: string): void {
    this.#options.switch.rename(name)
  }

  /** Other settings of its own; it goes on. */
  tune(settings: LineWish): void {
    this.#options.switch.tune(settings)
  }

  /** Its traffic is kept from now on, or not; it goes on. */
  record(on: boolean): void {
    this.#options.switch.record(on)
  }

  /** See Switch. */
  shed(entry: ShareEntry): Promise<void> {
    return this.#inRow(() => this.#options.switch.shed(entry))
  }

  /** See Switch. One that could not run is tried with that at once. */
  amend(entry: ShareEntry): Promise<void> {
    return this.#inRow(async () => {
      await this.#options.switch.amend(entry)
      if (this.#failure) await this.#try()
    })
  }

  #end(off: () => Promise<number>): Promise<number> {
    this.#wanted = false
    this.#retry?.dispose()
    return this.#inRow(async () => {
      const lost = await off()
      this.#show(undefined)
      return lost
    })
  }

  async #try(): Promise<void> {
    this.#retry?.dispose()
    if (!this.#wanted) return
    try {
      await this.#options.switch.on()
    } catch (error) {
      // Told to end meanwhile, it need not say why it could not begin.
      if (this.wanted) this.#fail(toFault(error))
      return
    }
    this.#backoff.reset()
    this.#told = undefined
    this.#show(undefined)
    if (this.wanted) this.#options.started()
  }

  #fail(fault: Fault): void {
    const { clock, wallMs, failed } = this.#options
    const isLasting = LASTING.has(fault.code)
    const delayMs = this.#backoff.next()
    this.#show({
      type: 'waiting',
      fault: fault.toJSON(),
      ...(isLasting ? {} : { retryAt: wallMs() + delayMs })
    })
    if (fault.message !== this.#told) failed(fault)
    this.#told = fault.message
    if (!isLasting) this.#retry = clock.after(delayMs, () => void this.#inRow(() => this.#try()), 'idle')
  }

  #show(failure: Failure | undefined): void {
    this.#failure = failure
    this.#options.changed()
  }

  #inRow<T>(step: () => Promise<T>): Promise<T> {
    const done = this.#row.then(step)
    this.#row = done.catch(() => undefined)
    return done
  }
}
