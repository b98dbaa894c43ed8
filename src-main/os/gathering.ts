/**
 * Puts the reads of a fast device together. A terminal gives 4 KiB at the most at once, and each read becomes a write to every client.
 * What is less than that is handed on as it comes; behind a full read one turn of the event loop is waited for the next one. Called by
 * tty-stream.ts; loses nothing and changes no order.
 */

/** What the kernel's line discipline gives at once, in bytes: whoever gets so much is behind the device, or it is fast. */
export const FULL_READ = 4095

/** So much is handed on without looking for more, in bytes. */
export const GATHERED_BYTES = 16 * 1024

export class Gathering {
  readonly #hand: (chunk: Buffer) => void
  #held: Buffer | undefined
  /** Something came since the last look. */
  #fresh = false
  #looking = false
  #paused = false

  /** `hand`: is given immutable chunks. */
  constructor(hand: (chunk: Buffer) => void) {
    this.#hand = hand
  }

  /** What was read: immutable. */
  received(chunk: Buffer): void {
    if (!this.#held && chunk.length < FULL_READ) {
      this.#hand(chunk)
      return
    }
    this.#held = this.#held ? joined(this.#held, chunk) : chunk
    this.#fresh = true
    if (this.#held.length >= GATHERED_BYTES) this.flush()
    else this.#lookLater()
  }

  /** What is held stays until `resume`. */
  pause(): void {
    this.#paused = true
  }

  /** Hands nothing on within the call. */
  resume(): void {
    this.#paused = false
    if (this.#held) this.#lookLater()
  }

  /** Hands on what is held, now. */
  flush(): void {
    const held = this.#held
    this.#held = undefined
    if (held) this.#hand(held)
  }

  /** Forgets what is held. */
  drop(): void {
    this.#held = undefined
  }

  #lookLater(): void {
    if (this.#looking) return
    this.#looking = true
    setImmediate(this.#look)
  }

  /** Between two looks the event loop reads once. */
  readonly #look = (): void => {
    this.#looking = false
    if (this.#paused || !this.#held) return
    if (!this.#fresh) {
      this.flush()
      return
    }
    this.#fresh = false
    this.#lookLater()
  }
}

/** Without a copy where one stands behind the other in the same slab, as they do as a rule. */
function joined(first: Buffer, second: Buffer): Buffer {
  const isNext = first.buffer === second.buffer && first.byteOffset + first.length === second.byteOffset
  if (!isNext) return Buffer.concat([first, second])
  return Buffer.from(first.buffer, first.byteOffset, first.length + second.length)
}
