/**
 * A Duplex whose far side is held in the hand: what a Port or a Session is made of when there is neither device nor
 * network. Called by ports/memory and sessions/memory. It never drops a byte by itself, and it is as strict as the real
 * ones: paused from birth, false above the high mark, one end.
 */
import type { CloseReason } from '../contract/close.ts'
import { DONE } from '../contract/close.ts'
import type { Clock } from './clock.ts'
import { systemClock } from './clock.ts'
import type { Duplex } from './duplex.ts'
import { HIGH_WATER, LOW_WATER } from './duplex.ts'
import type { Disposable } from './event.ts'
import { Emitter } from './event.ts'

export interface MemoryDuplexOptions {
  readonly clock?: Clock
  /** Above this many queued bytes `write` answers false; in bytes. */
  readonly highWater?: number
  /** At this many `onDrain` fires; in bytes. */
  readonly lowWater?: number
}

export class MemoryDuplex implements Duplex {
  readonly #clock: Clock
  readonly #highWater: number
  readonly #lowWater: number
  readonly #data = new Emitter<Uint8Array>()
  readonly #drain = new Emitter<void>()
  readonly #closed = new Emitter<CloseReason>()
  readonly #receive = new Emitter<Uint8Array>()

  #outgoing: Uint8Array[] = []
  #queued = 0
  #congested = false
  #stalled = false
  #received: Uint8Array[] = []

  #incoming: Uint8Array[] = []
  #paused = true
  #farEnd: CloseReason | undefined

  #closing: { reason: CloseReason; resolve: (lost: number) => void; timer: Disposable } | undefined
  #closePromise: Promise<number> | undefined
  #ended = false

  readonly onData = this.#data.event
  readonly onDrain = this.#drain.event
  readonly onClose = this.#closed.event
  /** The far side's `onData`: each chunk as it arrives there. */
  readonly onReceived = this.#receive.event

  constructor(options: MemoryDuplexOptions = {}) {
    this.#clock = options.clock ?? systemClock
    this.#highWater = options.highWater ?? HIGH_WATER
    this.#lowWater = options.lowWater ?? LOW_WATER
  }

  // The near side: Duplex.

  get queued(): number {
    return this.#queued
  }

  write(chunk: Uint8Array): boolean {
    if (this.#ended || this.#closing || chunk.length === 0) return true
    if (!this.#stalled) {
      this.#arrive(chunk)
      return true
    }
    this.#outgoing.push(chunk)
    this.#queued += chunk.length
    if (this.#queued > this.#highWater) this.#congested = true
    return !this.#congested
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#deliver()
  }

  close(reason: CloseReason, timeoutMs: number): Promise<number> {
    if (this.#ended) return this.#closePromise ?? Promise.resolve(0)
    this.#closePromise ??= new Promise((resolve) => {
      const timer = this.#clock.after(timeoutMs, () => {
        this.#end(reason)
      })
      this.#closing = { reason, resolve, timer }
      if (this.#queued === 0) this.#end(reason)
    })
    return this.#closePromise
  }

  abort(reason: CloseReason): void {
    this.#end(reason)
  }

  // The far side.

  get paused(): boolean {
    return this.#paused
  }

  get ended(): boolean {
    return this.#ended
  }

  /** The far side may still send: neither of the two has closed. */
  get open(): boolean {
    return !this.#ended && !this.#closing && !this.#farEnd
  }

  /** Everything that arrived at the far side, in one piece. */
  get received(): Uint8Array {
    const all = new Uint8Array(this.#received.reduce((sum, chunk) => sum + chunk.length, 0))
    let at = 0
    for (const chunk of this.#received) {
      all.set(chunk, at)
      at += chunk.length
    }
    return all
  }

  /** Bytes that the far side sent and that the near side did not read; after the end, never will. */
  get unread(): number {
    return this.#incoming.reduce((sum, chunk) => sum + chunk.length, 0)
  }

  /** Sends to the near side's `onData`; waits there while it is paused. */
  send(chunk: Uint8Array): void {
    if (!this.open) return
    this.#incoming.push(chunk)
    this.#deliver()
  }

  /** From now on nothing arrives but what `take` lets through. */
  stall(): void {
    this.#stalled = true
  }

  /** Lets this many of the queued bytes arrive. */
  take(bytes: number): void {
    let left = bytes
    while (left > 0) {
      const chunk = this.#outgoing.shift()
      if (!chunk) break
      const taken = chunk.length <= left ? chunk : chunk.subarray(0, left)
      if (taken.length < chunk.length) this.#outgoing.unshift(chunk.subarray(taken.length))
      left -= taken.length
      this.#queued -= taken.length
      this.#arrive(taken)
    }
    this.#afterTaking()
  }

  /** Takes all that is queued, and whatever comes from now on. */
  flow(): void {
    this.#stalled = false
    this.take(this.#queued)
  }

  /** The far side closes in good order: what it sent before is read first. */
  end(reason: CloseReason = DONE): void {
    this.#farEnd ??= reason
    this.#deliver()
  }

  /** Drops what is queued towards the far side, as a purge does; answers how many bytes that were. */
  protected drop(): number {
    const dropped = this.#queued
    this.#outgoing = []
    this.#queued = 0
    this.#afterTaking()
    return dropped
  }

  #arrive(chunk: Uint8Array): void {
    this.#received.push(chunk)
    this.#receive.fire(chunk)
  }

  #afterTaking(): void {
    if (this.#closing && this.#queued === 0) this.#end(this.#closing.reason)
    if (!this.#congested || this.#queued > this.#lowWater || this.#ended) return
    this.#congested = false
    this.#drain.fire()
  }

  #deliver(): void {
    while (!this.#paused && !this.#ended && !this.#closing) {
      const chunk = this.#incoming.shift()
      if (!chunk) break
      this.#data.fire(chunk)
    }
    if (this.#farEnd && this.#incoming.length === 0) this.#end(this.#farEnd)
  }

  /** `queued` still tells what was not delivered while `onClose` fires, and after it. */
  #end(reason: CloseReason): void {
    if (this.#ended) return
    this.#ended = true
    this.#outgoing = []
    this.#closing?.timer.dispose()
    this.#closed.fire(reason)
    this.#closing?.resolve(this.#queued)
  }
}
