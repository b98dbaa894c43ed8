/**
 * What a device said and no pattern has matched yet. Bounded: of a device that talks on while nothing is waited for, the newest
 * 64 KiB are kept. Called by run-script.ts.
 */
import type { Clock } from '../base/clock.ts'
import { Emitter } from '../base/event.ts'
import type { Match, Pattern } from './pattern.ts'

/** More than any prompt with what stands before it, and little enough for a look at all of it with each chunk. */
export const HEARD_LIMIT = 64 * 1024

const RECENT_LIMIT = 4096

export class Heard {
  #held = Buffer.alloc(0)
  #scanned = 0
  #recent = Buffer.alloc(0)
  readonly #changes = new Emitter<void>()
  #waiting = false
  #end: Error | undefined

  hear(chunk: Uint8Array): void {
    this.#held = Buffer.concat([this.#held, chunk])
    this.#recent = Buffer.concat([this.#recent, chunk]).subarray(-RECENT_LIMIT)
    this.#changes.fire()
    // Whoever waits has looked at all of it by now.
    this.#trim()
  }

  /** Nothing more will come. */
  end(error: Error): void {
    this.#end ??= error
    this.#changes.fire()
  }

  /** The newest 4 KiB that came, matched or not. */
  get recent(): Buffer {
    return this.#recent
  }

  /**
   * Takes everything up to the end of the first match. Resolves with the match in what was held; undefined when it did not come
   * within `timeoutMs`. Rejects with what the pattern throws, with the end's error, or the signal's reason. One at a time.
   */
  wait(pattern: Pattern, timeoutMs: number, clock: Clock, signal: AbortSignal): Promise<Buffer | undefined> {
    this.#scanned = 0
    return new Promise((resolve, reject) => {
      const settle = (call: () => void): void => {
        timer.dispose()
        subscription.dispose()
        signal.removeEventListener('abort', onAbort)
        this.#waiting = false
        call()
      }
      const onAbort = (): void => settle(() => reject(signal.reason as Error))
      const look = (): void => {
        const ended = this.#end
        try {
          const match = pattern.find(this.#held, this.#scanned)
          this.#scanned = this.#held.length
          if (match) settle(() => resolve(this.#take(match)))
          else if (ended) settle(() => reject(ended))
        } catch (error) {
          settle(() => reject(error instanceof Error ? error : new Error(String(error))))
        }
      }
      const timer = clock.after(timeoutMs, () => settle(() => resolve(undefined)))
      const subscription = this.#changes.event(look)
      this.#waiting = true
      signal.addEventListener('abort', onAbort, { once: true })
      if (signal.aborted) onAbort()
      else look()
    })
  }

  /** Rejects when nothing more will come. */
  throwIfEnded(): void {
    if (this.#end) throw this.#end
  }

  #take({ start, end }: Match): Buffer {
    const matched = this.#held.subarray(start, end)
    this.#held = this.#held.subarray(end)
    return matched
  }

  #trim(): void {
    const dropped = this.#held.length - HEARD_LIMIT
    if (dropped <= 0) return
    this.#held = this.#held.subarray(dropped)
    if (this.#waiting) this.#scanned = Math.max(0, this.#scanned - dropped)
  }
}
