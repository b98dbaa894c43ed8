/** A macro that is sent again and again: never before the device has taken the one before. One at a time. */
import { type Clock, sleep } from '../../../src-main/base/clock.ts'
import type { Disposable } from '../../../src-main/base/event.ts'
import { pageClock } from '../../clock.ts'
import type { Macro } from './macros.svelte.ts'

/** Resolves when the device's side has taken them; false: it has not, and why is shown elsewhere. Never rejects. */
export type SendOnce = (bytes: Uint8Array<ArrayBuffer>) => Promise<boolean>

export interface Running {
  readonly id: string
  readonly name: string
  readonly done: number
  /** 0: until it is stopped. */
  readonly times: number
}

export class MacroRun implements Disposable {
  readonly #send: SendOnce
  readonly #clock: Clock
  #end: AbortController | undefined
  running = $state.raw<Running | undefined>()

  constructor(send: SendOnce, clock: Clock = pageClock) {
    this.#send = send
    this.#clock = clock
  }

  /** Another one that runs ends. Resolves when this one is over, and never rejects. */
  async start({ id, name, repeat }: Macro, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.stop()
    const times = repeat?.times ?? 1
    const end = (this.#end = new AbortController())
    this.running = { id, name, done: 0, times }
    let dueMs = this.#clock.nowMs()
    for (let done = 0; times === 0 || done < times;) {
      if (!(await this.#send(bytes)) || end.signal.aborted) break
      this.running = { id, name, done: ++done, times }
      if (done === times) break
      // What is late is not made up for: the device had its reasons.
      const now = this.#clock.nowMs()
      dueMs = Math.max(dueMs + (repeat?.everyMs ?? 0), now)
      // Also where nothing is waited for: the page shall live.
      const wasLeft = await sleep(this.#clock, dueMs - now, end.signal).catch(() => 'stopped')
      if (wasLeft === 'stopped') break
    }
    if (this.#end === end) this.#clear()
  }

  stop(): void {
    this.#end?.abort()
    this.#clear()
  }

  dispose(): void {
    this.stop()
  }

  #clear(): void {
    this.#end = undefined
    this.running = undefined
  }
}
