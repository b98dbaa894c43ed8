/**
 * A Connection over one channel of gensio's mux, over another Connection. Made by certauth.ts once both ends are there; its far
 * side's gtlssh, gensiot or ser2net may want more channels (for the ports that gtlssh forwards), which are refused as ser2net does.
 *
 * A paused reader stops acknowledging, so at most a window of bytes waits here, and what the far side acknowledges is read on
 * meanwhile. An end is told by the mux's own close and answered by the far side's once its reader has everything; then the Connection
 * below ends, too.
 */
import type { Clock } from '../base/clock.ts'
import { HIGH_WATER, LOW_WATER } from '../base/duplex.ts'
import type { Disposable } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import type { CloseReason } from '../contract/close.ts'
import { DONE } from '../contract/close.ts'
import type { Mux, MuxEvent } from '../protocol/mux.ts'
import { MUX_ERRORS } from '../protocol/mux-messages.ts'
import type { Connection } from './connection.ts'
import { SentLedger } from './sent-ledger.ts'
import type { ProvenKey } from './tls-trust.ts'

export interface MuxConnectionOptions {
  readonly clock: Clock
  /** A peer that acknowledges nothing for this long is closed with `stalled`; 0 is never. */
  readonly stallTimeoutMs: number
  readonly far?: ProvenKey | undefined
}

const WATCH_PERIOD_MS = 1000

/** After our close the far side's is waited for: its reader may be slow. */
const LINGER_MS = 250

/** How long what is queued below may take to go out once the far side has closed. */
const PEER_ENDED_DRAIN_MS = 10_000

/** A paused connection that is over keeps its unread bytes this long for a device that takes them slowly. */
const UNREAD_GRACE_MS = 25_000

/** The Connection below is read no further while so many answers wait in it that the far side does not take. */
const MAX_ANSWERS = HIGH_WATER + LOW_WATER

export class MuxConnection implements Connection {
  readonly #lower: Connection
  readonly #mux: Mux
  readonly #channel: number
  readonly #clock: Clock
  readonly #stallTimeoutMs: number
  readonly far: ProvenKey | undefined

  readonly #data = new Emitter<Uint8Array>()
  readonly #drain = new Emitter<void>()
  readonly #close = new Emitter<CloseReason>()
  readonly onData = this.#data.event
  readonly onDrain = this.#drain.event
  readonly onClose = this.#close.event

  #paused = true
  /** Received, and not handed on. */
  #held: { readonly bytes: Uint8Array; readonly cost: number }[] = []
  /** Taken by `write`, and not in the mux yet. */
  #queue: Uint8Array[] = []
  #queueBytes = 0
  /** A write answered false, and nobody was told since that there is room. */
  #full = false
  #lowerFull = false
  readonly #sent = new SentLedger()
  #lostBytes = 0

  /** Set once its end has begun. */
  #reason: CloseReason | undefined
  /** The far side has closed the channel, or the Connection below is over: what is held is still handed on. */
  #over: CloseReason | undefined
  #lowerOver = false
  #closeSent = false
  #ended = false
  #waiting: ((lostBytes: number) => void)[] = []
  #deadline: { readonly timer: Disposable; readonly atMs: number } | undefined
  #endTimer: Disposable | undefined
  readonly #watchTimer: Disposable
  #progressAtMs: number

  /** `lower`: paused. `channel`: open. `early`: what the mux told behind that. */
  constructor(
    lower: Connection,
    mux: Mux,
    channel: number,
    early: readonly MuxEvent[],
    options: MuxConnectionOptions
  ) {
    this.#lower = lower
    this.#mux = mux
    this.#channel = channel
    this.#clock = options.clock
    this.#stallTimeoutMs = options.stallTimeoutMs
    this.far = options.far
    this.#progressAtMs = this.#clock.nowMs()
    this.#watchTimer = this.#clock.every(WATCH_PERIOD_MS, () => this.#watch(), 'idle')
    lower.onData((chunk) => this.#handle(mux.receive(chunk)))
    lower.onDrain(() => {
      this.#lowerFull = false
      lower.resume()
      this.#push()
    })
    lower.onClose((reason) => this.#lowerEnded(reason))
    this.#handle(early)
    lower.resume()
  }

  get remote(): string {
    return this.#lower.remote
  }

  get remoteAddress(): string | undefined {
    return this.#lower.remoteAddress
  }

  get queued(): number {
    return this.#ended ? this.#lostBytes : this.#queueBytes + this.#lower.queued
  }

  write(chunk: Uint8Array): boolean {
    if (chunk.length === 0) return true
    if (this.#reason || this.#over) {
      // The far side has ended it, and our owner does not know yet: it must not take this for sent.
      if (!this.#reason && !this.#ended) this.#lostBytes += chunk.length
      return true
    }
    if (this.#queueBytes === 0) this.#progressAtMs = this.#clock.nowMs()
    this.#queue.push(chunk)
    this.#queueBytes += chunk.length
    this.#push()
    if (this.queued <= HIGH_WATER) return true
    this.#full = true
    return false
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    // As a socket's data, they come in a later turn.
    if (this.#held.length > 0 || this.#over) setImmediate(() => this.#deliver())
  }

  close(reason: CloseReason, timeoutMs: number): Promise<number> {
    if (this.#ended) return Promise.resolve(this.#lostBytes)
    const ended = new Promise<number>((resolve) => this.#waiting.push(resolve))
    this.#shorten(timeoutMs)
    if (this.#reason) return ended
    this.#reason = reason
    this.#held = []
    if (this.#over) this.#finish()
    else this.#push()
    return ended
  }

  abort(reason: CloseReason): void {
    if (this.#ended) return
    this.#reason ??= reason
    this.#lower.abort(reason)
    this.#end()
  }

  probe(): void {
    this.#lower.probe()
  }

  #handle(events: readonly MuxEvent[]): void {
    for (const event of events) {
      if (this.#ended) return
      switch (event.type) {
        case 'data':
          this.#received(event.bytes, event.cost)
          break
        case 'room':
          this.#progressAtMs = this.#clock.nowMs()
          this.#push()
          break
        case 'asked':
          this.#send(this.#mux.refuse(event.channel, MUX_ERRORS.notSupported))
          break
        case 'send':
          this.#send(event.bytes)
          break
        case 'closed':
          this.#farClosed()
          break
        case 'violation':
          this.abort({ code: 'error', message: `the far side does not speak gensio's mux (${event.what})` })
          break
        case 'ready':
        case 'opened':
        case 'refused':
          break // ours is open, and we ask for no other
      }
    }
  }

  #received(bytes: Uint8Array, cost: number): void {
    if (this.#reason) return
    if (this.#paused || this.#held.length > 0) {
      // A copy: a few bytes would keep the whole record.
      this.#held.push({ bytes: bytes.slice(), cost })
      return
    }
    this.#handOn(bytes, cost)
  }

  #handOn(bytes: Uint8Array, cost: number): void {
    if (bytes.length > 0) this.#data.fire(bytes)
    const acknowledgement = this.#ended ? undefined : this.#mux.taken(this.#channel, cost)
    if (acknowledgement) this.#send(acknowledgement)
  }

  #deliver(): void {
    while (!this.#paused && !this.#ended) {
      const first = this.#held.shift()
      if (!first) break
      this.#handOn(first.bytes, first.cost)
    }
    if (this.#over && this.#held.length === 0) this.#finish()
  }

  /** Hands on to the mux what it has room for; behind the last of it the close, where that is wanted. */
  #push(): void {
    while (this.#queueBytes > 0 && !this.#lowerFull && !this.#over && !this.#ended) {
      const room = this.#mux.room(this.#channel, this.#queueBytes)
      if (room === 0) break
      const header = this.#mux.send(this.#channel, room)
      // In one piece, it goes out in one record.
      const message = Buffer.concat([header, ...this.#take(room)])
      this.#sent.add(message.length, room)
      this.#send(message)
    }
    if (this.#reason && !this.#over && this.#queueBytes === 0) this.#sendClose()
    if (!this.#full || this.#reason || this.#ended || this.queued > LOW_WATER) return
    this.#full = false
    this.#drain.fire()
  }

  /** So many bytes off the queue. */
  #take(length: number): Uint8Array[] {
    const pieces: Uint8Array[] = []
    let left = length
    for (let chunk = this.#queue[0]; chunk && left > 0; chunk = this.#queue[0]) {
      const piece = chunk.subarray(0, left)
      pieces.push(piece)
      left -= piece.length
      if (piece.length === chunk.length) this.#queue.shift()
      else this.#queue[0] = chunk.subarray(piece.length)
    }
    this.#queueBytes -= length
    return pieces
  }

  #send(bytes: Uint8Array): void {
    if (!this.#lower.write(bytes)) this.#lowerFull = true
    if (this.#lower.queued > MAX_ANSWERS) this.#lower.pause()
  }

  #sendClose(): void {
    const bytes = this.#closeSent ? undefined : this.#mux.close(this.#channel)
    this.#closeSent = true
    if (!bytes) return
    this.#send(bytes)
    this.#endTimer?.dispose()
    this.#endTimer = this.#clock.after(LINGER_MS, () => this.#endLower())
  }

  #farClosed(): void {
    // It takes nothing more; what we closed with was out before, or is lost.
    this.#lostBytes += this.#queueBytes
    this.#queue = []
    this.#queueBytes = 0
    this.#overWith(DONE)
  }

  /** Nothing comes behind this. */
  #overWith(reason: CloseReason): void {
    if (this.#over) return
    this.#over = reason
    if (this.#held.length === 0) {
      this.#finish()
      return
    }
    this.#endTimer = this.#clock.after(
      UNREAD_GRACE_MS,
      () =>
        this.abort({
          code: 'error',
          message: 'the far side is gone, and nobody took its last bytes for 25 s'
        }),
      'idle'
    )
  }

  /** All was handed on: the channel ends, and the Connection below with it. */
  #finish(): void {
    this.#sendClose()
    this.#endLower()
  }

  #endLower(): void {
    if (this.#ended) return
    if (this.#lowerOver) {
      this.#end()
      return
    }
    const reason = this.#reason ?? this.#over ?? DONE
    const leftMs = this.#deadline ? this.#deadline.atMs - this.#clock.nowMs() : PEER_ENDED_DRAIN_MS
    void this.#lower.close(reason, Math.max(0, leftMs)).then(() => this.#end())
  }

  #lowerEnded(reason: CloseReason): void {
    // What it has lost is known from here on; what is held is still handed on, but of one who is trusted no more.
    this.#lowerOver = true
    if (reason.code === 'unpaired') this.#held = []
    if (this.#reason || (this.#over && this.#held.length === 0)) this.#end()
    else this.#overWith(reason)
  }

  #end(): void {
    if (this.#ended) return
    this.#lostBytes += this.#queueBytes + this.#sent.dataAmong(this.#lower.queued)
    this.#ended = true
    this.#queue = []
    this.#held = []
    for (const timer of [this.#watchTimer, this.#endTimer, this.#deadline?.timer]) timer?.dispose()
    for (const resolve of this.#waiting) resolve(this.#lostBytes)
    this.#waiting = []
    this.#close.fire(this.#reason ?? this.#over ?? DONE)
  }

  #shorten(timeoutMs: number): void {
    const atMs = this.#clock.nowMs() + timeoutMs
    if (this.#deadline && this.#deadline.atMs <= atMs) return
    this.#deadline?.timer.dispose()
    this.#deadline = { timer: this.#clock.after(timeoutMs, () => this.abort(DONE)), atMs }
  }

  #watch(): void {
    if (this.#stallTimeoutMs === 0 || this.#queueBytes === 0 || this.#reason) return
    if (this.#clock.nowMs() - this.#progressAtMs < this.#stallTimeoutMs) return
    const seconds = this.#stallTimeoutMs / 1000
    this.abort({ code: 'stalled', message: `the far side took nothing for ${seconds} s` })
  }
}
