/** The receiving half of a Channel, the same for every carrier: keeps what comes before somebody listens, and ends once. */
import type { Disposable, Event } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import type { CloseReason } from '../contract/close.ts'

export class Inbox {
  readonly #messages = new Emitter<unknown>()
  readonly #closed = new Emitter<CloseReason>()
  #waiting: unknown[] = []
  #listened = false
  #delivering = false
  #shut = false
  #reason: CloseReason | undefined

  readonly onMessage: Event<unknown> = (listener) => {
    const listening = this.#messages.event(listener)
    this.#listened = true
    this.#flush()
    return listening
  }

  readonly onClose: Event<CloseReason> = (listener): Disposable => {
    if (!this.#reason) return this.#closed.event(listener)
    listener(this.#reason)
    return { dispose: () => undefined }
  }

  /** Messages that nobody has taken yet. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Nothing comes any more, and nothing is taken. */
  get shut(): boolean {
    return this.#shut
  }

  /** In order also where a listener makes another one come. */
  deliver(message: unknown): void {
    if (this.#shut) return
    this.#waiting.push(message)
    this.#flush()
  }

  /** From now on no message comes, although the end may take its time. */
  shutOff(): void {
    this.#shut = true
    this.#waiting = []
  }

  /** The first reason counts. */
  end(reason: CloseReason): void {
    if (this.#reason) return
    this.shutOff()
    this.#reason = reason
    this.#closed.fire(reason)
    this.#closed.dispose()
    this.#messages.dispose()
  }

  #flush(): void {
    if (!this.#listened || this.#delivering) return
    this.#delivering = true
    try {
      // A plain shift would move the rest of a long queue each time.
      for (let batch = this.#takeAll(); batch.length > 0; batch = this.#takeAll())
        for (const message of batch) if (!this.#shut) this.#messages.fire(message)
    } finally {
      this.#delivering = false
    }
  }

  #takeAll(): unknown[] {
    const batch = this.#waiting
    this.#waiting = []
    return batch
  }
}
