/** Events without names: a member `onData: Event<Chunk>` is called with a listener and answers how to take it off. */

export interface Disposable {
  /** Idempotent; never throws. */
  dispose(): void
}

export type Event<T> = (listener: (value: T) => void) => Disposable

/** The firing end of an Event. Listeners run in the order they came; one that is taken off meanwhile is not called. */
export class Emitter<T> implements Disposable {
  #listeners: readonly ((value: T) => void)[] = []

  readonly event: Event<T> = (listener) => {
    // A fresh array and a fresh function per subscription: `fire` may iterate while listeners come and go.
    const own = (value: T): void => {
      listener(value)
    }
    this.#listeners = [...this.#listeners, own]
    return {
      dispose: () => {
        this.#listeners = this.#listeners.filter((each) => each !== own)
      }
    }
  }

  get hasListeners(): boolean {
    return this.#listeners.length > 0
  }

  fire(value: T): void {
    const listeners = this.#listeners
    const [first] = listeners
    // The usual case, and the hot one.
    if (first && listeners.length === 1) {
      first(value)
      return
    }
    for (const listener of listeners) {
      if (listeners === this.#listeners || this.#listeners.includes(listener)) listener(value)
    }
  }

  dispose(): void {
    this.#listeners = []
  }
}

/** An Event that never fires. */
export const never: Event<never> = () => ({ dispose: () => undefined })

/** The next value of an event; rejects with the signal's reason when that comes first. */
export function once<T>(event: Event<T>, signal?: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason)
      return
    }
    const onAbort = (): void => {
      subscription.dispose()
      reject(signal?.reason)
    }
    const subscription = event((value) => {
      subscription.dispose()
      signal?.removeEventListener('abort', onAbort)
      resolve(value)
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
