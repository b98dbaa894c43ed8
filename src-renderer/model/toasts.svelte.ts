/** Short messages beside the page: few, each of a kind once, and gone by themselves unless somebody reads them. */
import type { Clock } from '../../src-main/base/clock.ts'
import type { Disposable } from '../../src-main/base/event.ts'

/** How long one stays, in ms. */
export const TOAST_MS = 10_000

/** More would hide the page; the oldest goes. */
const MAX_TOASTS = 4

export interface Toast {
  /** Another one with it takes its place. */
  readonly key: string
  readonly tone: 'good' | 'warning'
  readonly text: string
  readonly action?: { readonly text: string; readonly do: () => void }
  /** It stays until it is answered or taken back. */
  readonly stays?: boolean
  /** It went away, for whatever reason. */
  readonly ongone?: () => void
}

export class ToastDesk implements Disposable {
  readonly #clock: Clock
  #timers: readonly { readonly key: string; readonly timer: Disposable }[] = []
  #held = false
  toasts = $state.raw<readonly Toast[]>([])

  constructor(clock: Clock) {
    this.#clock = clock
  }

  show(toast: Toast): void {
    const place = this.toasts.findIndex(({ key }) => key === toast.key)
    this.toasts = place < 0 ? [...this.toasts, toast] : this.toasts.with(place, toast)
    const [oldest] = this.toasts
    if (this.toasts.length > MAX_TOASTS && oldest) this.dismiss(oldest.key)
    this.#await(toast)
  }

  dismiss(key: string): void {
    const toast = this.toasts.find((each) => each.key === key)
    this.#stop(key)
    if (!toast) return
    this.toasts = this.toasts.filter((each) => each !== toast)
    toast.ongone?.()
  }

  /** While somebody reads them none goes. */
  hold(): void {
    this.#held = true
    this.#stop()
  }

  release(): void {
    this.#held = false
    for (const toast of this.toasts) this.#await(toast)
  }

  dispose(): void {
    this.#stop()
  }

  #await({ key, stays = false }: Toast): void {
    this.#stop(key)
    if (stays || this.#held) return
    const timer = this.#clock.after(TOAST_MS, () => this.dismiss(key))
    this.#timers = [...this.#timers, { key, timer }]
  }

  /** Of one, or of all. */
  #stop(key?: string): void {
    const isMeant = (each: { readonly key: string }): boolean => key === undefined || each.key === key
    for (const { timer } of this.#timers.filter(isMeant)) timer.dispose()
    this.#timers = this.#timers.filter((each) => !isMeant(each))
  }
}
