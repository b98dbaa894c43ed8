/**
 * Keeps what is announced in step with what runs: looks when something changed, and hands on what is to be announced from then on. Called by
 * the instance, and by a share that runs by itself; owns no discovery.
 */
import type { Disposable } from '../base/event.ts'
import type { Announcement } from '../peers/discovery/discovery.ts'
import { AnnouncedDevices } from './announced-devices.ts'
import { announcementsOf, type Announceable } from './announcements.ts'

export type Announced = Omit<Announceable, 'deviceOf'>

export interface AnnouncingOptions {
  /** As it is now; undefined: nothing is announced. */
  readonly what: () => Announced | undefined
  /** All that is to be announced from now on; not called again for the same. */
  readonly tell: (all: readonly Announcement[]) => void
  readonly devices?: AnnouncedDevices
}

export class Announcing implements Disposable {
  readonly #options: AnnouncingOptions
  readonly #devices: AnnouncedDevices
  #told = '[]'
  #isDue = false
  #isLooking = false
  #waiting: ReadonlySet<string> = new Set()
  #ended = false

  constructor(options: AnnouncingOptions) {
    this.#options = options
    this.#devices = options.devices ?? new AnnouncedDevices()
  }

  /** Something may have changed. Many calls in a row are one look. */
  look(): void {
    if (this.#isDue || this.#ended) return
    this.#isDue = true
    setImmediate(() => {
      this.#isDue = false
      void this.#look()
    })
  }

  dispose(): void {
    this.#ended = true
  }

  async #look(): Promise<void> {
    if (this.#ended || this.#isLooking) return
    const what = this.#options.what()
    const unknown = this.#unknown(what)
    if (unknown.length === 0) {
      this.#tell(what)
      return
    }
    this.#isLooking = true
    await this.#devices.look(unknown)
    this.#isLooking = false
    // What changed meanwhile is looked at then.
    this.look()
    this.#tell(this.#options.what())
  }

  /** Devices never seen, and those that were away and are not any more: another one may be in their place. */
  #unknown(what: Announced | undefined): string[] {
    const shared = (what?.bridges ?? []).filter(({ kind, enabled }) => kind === 'share' && enabled)
    const away = new Set(shared.flatMap(({ port, state }) => (state?.type === 'waiting' ? [port] : [])))
    const back = [...this.#waiting].filter((port) => !away.has(port))
    this.#waiting = away
    const fresh = shared.map(({ port }) => port).filter((port) => !this.#devices.has(port))
    return [...new Set([...fresh, ...back])]
  }

  #tell(what: Announced | undefined): void {
    if (this.#ended) return
    const all = what ? announcementsOf({ ...what, deviceOf: (target) => this.#devices.of(target) }) : []
    const text = JSON.stringify(all)
    if (text === this.#told) return
    this.#told = text
    this.#options.tell(all)
  }
}
