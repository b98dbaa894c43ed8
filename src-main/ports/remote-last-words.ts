/**
 * What a server says before it hangs up is why it does: ser2net says "Port already in use" and goes. Called by remote.ts with
 * all that comes; keeps a line of it at the most.
 */
import type { Clock } from '../base/clock.ts'

/** A reason is one short line, in bytes; what is longer is a device's data. */
const MAX_LAST_WORDS = 80

/** Who hangs up because of what it said does so at once. */
const PROMPT_MS = 2000

export class LastWords {
  readonly #clock: Clock
  readonly #startMs: number
  #text = ''
  #bytes = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#startMs = clock.nowMs()
  }

  /** More came than a reason has. */
  get over(): boolean {
    return this.#bytes > MAX_LAST_WORDS
  }

  hear(bytes: Uint8Array): void {
    this.#bytes += bytes.length
    const room = MAX_LAST_WORDS - this.#text.length
    const text = Array.from(bytes.subarray(0, room), (each) => String.fromCharCode(each)).join('')
    this.#text += text.replaceAll(/[^ -~]+/g, ' ')
  }

  /** Printable ASCII, the beginning of it where it is more; empty: nothing was said. */
  get text(): string {
    return this.#text.trim()
  }

  /** The same, where it is short and all of the connection was: else it may be a device's data. */
  get prompt(): string {
    return !this.over && this.#clock.nowMs() - this.#startMs < PROMPT_MS ? this.text : ''
  }
}
