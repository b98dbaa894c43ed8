/**
 * What a writer sent and the device did not take yet: bytes, and between them the steps that must keep their place
 * (`apply` before what was written after it). One per session; to-device.ts empties it.
 */
import type { Disposable } from '../base/event.ts'

/** From here on its session is paused. Below it reading goes on, so that commands behind the data stay reachable. */
export const OUTBOX_LIMIT = 64 * 1024
/** The same for the number of pieces, so that single bytes cannot hold a thousand times their size. */
export const OUTBOX_PIECES = 1024
/** What a session that was paused may still hand over: the rest of the chunk that its codec was working on. */
export const OUTBOX_OVERFLOW = 2 * OUTBOX_LIMIT

/** Something that happens between the bytes before it and the bytes behind it. */
export class Step {
  /** Never rejects. What is behind waits until it resolves. */
  readonly run: () => Promise<void>
  /** Asked once it is the first piece. */
  readonly mayBegin: () => boolean
  state: 'waiting' | 'running' | 'done' = 'waiting'
  /** When it begins anyhow. */
  deadline: Disposable | undefined

  constructor(run: () => Promise<void>, mayBegin: () => boolean) {
    this.run = run
    this.mayBegin = mayBegin
  }
}

export class Outbox {
  #pieces: (Uint8Array | Step)[] = []
  #size = 0

  /** In bytes. */
  get size(): number {
    return this.#size
  }

  get empty(): boolean {
    return this.#pieces.length === 0
  }

  get full(): boolean {
    return this.#size >= OUTBOX_LIMIT || this.#pieces.length >= OUTBOX_PIECES
  }

  get head(): Uint8Array | Step | undefined {
    return this.#pieces[0]
  }

  /** False: there is no room even beyond the limit, the chunk was not taken. */
  push(chunk: Uint8Array): boolean {
    if (this.#size + chunk.length > OUTBOX_OVERFLOW) return false
    this.#pieces.push(chunk)
    this.#size += chunk.length
    return true
  }

  /** Steps are not limited here: whoever asks is paused when it is full, and one chunk holds only so many. */
  pushStep(step: Step): void {
    this.#pieces.push(step)
  }

  shift(): void {
    const piece = this.#pieces.shift()
    if (piece instanceof Uint8Array) this.#size -= piece.length
  }

  /** Takes bytes off the head, at most `most`; undefined where a step is there, or nothing. */
  take(most: number): Uint8Array | undefined {
    const { head } = this
    if (!(head instanceof Uint8Array)) return undefined
    if (head.length <= most) {
      this.shift()
      return head
    }
    this.#pieces[0] = head.subarray(most)
    this.#size -= most
    return head.subarray(0, most)
  }

  /** Drops the bytes and keeps the steps; answers how many bytes that were. */
  dropBytes(): number {
    const dropped = this.#size
    this.#pieces = this.steps
    this.#size = 0
    return dropped
  }

  get steps(): Step[] {
    return this.#pieces.filter((piece) => piece instanceof Step)
  }
}
