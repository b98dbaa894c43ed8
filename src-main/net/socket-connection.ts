/**
 * A Connection over a connected StreamSocket or TlsSocket. Called by the carriers; knows no protocol above it. All that
 * ends a connection is decided here: its owner, its peer, silence, and a peer that takes nothing.
 */
import type { Clock } from '../base/clock.ts'
import { HIGH_WATER, LOW_WATER } from '../base/duplex.ts'
import { Emitter } from '../base/event.ts'
import type { Disposable } from '../base/event.ts'
import type { CloseReason } from '../contract/close.ts'
import { DONE } from '../contract/close.ts'
import { hungUp, pendingError } from '../os/socket-state.ts'
import { USER_TIMEOUT_MS } from '../os/tcp-options.ts'
import type { Connection } from './connection.ts'
import { VANISHED, endReason } from './network-faults.ts'
import type { CarriedSocket } from './stream-socket.ts'

export interface SocketConnectionOptions {
  readonly remote: string
  readonly remoteAddress: string | undefined
  readonly clock: Clock
  /** A peer that takes nothing for this long is closed with `stalled`; 0 is never. */
  readonly stallTimeoutMs: number
  /** How long a peer that has ended its sending still gets what we write; 0 is not at all. */
  readonly halfCloseMs: number
  /** More than the end itself says of why the peer ended it; `heard`: it had sent something. */
  readonly explain?: (reason: CloseReason, heard: boolean) => CloseReason
}

/** How often a connection is looked at for a stall or a vanished peer. */
const WATCH_PERIOD_MS = 1000

/** The limit for a half-closed connection whose device never pauses for `halfCloseMs`. */
export const HALF_CLOSE_LIMIT_MS = 10_000

/** How long what is queued may take to go out once the peer has ended. */
const PEER_ENDED_DRAIN_MS = 10_000

/**
 * After our FIN we go on reading, and throw it away, until the peer's own FIN or this long: closing with unread bytes resets
 * the connection, and some peers (Windows) then lose what they have not read yet.
 */
const LINGER_MS = 250

/** A probed peer that left data unanswered for the first is gone at the second. */
const PROBE_UNANSWERED_MS = 3000
const PROBE_MS = 4000

/** A paused connection that is over keeps its unread bytes this long for a device that takes them slowly. */
const UNREAD_GRACE_MS = 25_000

export class SocketConnection implements Connection {
  readonly remote: string
  readonly remoteAddress: string | undefined

  readonly #socket: CarriedSocket
  readonly #clock: Clock
  readonly #stallTimeoutMs: number
  readonly #halfCloseMs: number
  readonly #explain: SocketConnectionOptions['explain']
  readonly #userTimeoutMs: number

  readonly #data = new Emitter<Uint8Array>()
  readonly #drain = new Emitter<void>()
  readonly #inputEnd = new Emitter<void>()
  readonly #close = new Emitter<CloseReason>()
  readonly onData = this.#data.event
  readonly onDrain = this.#drain.event
  readonly onClose = this.#close.event
  readonly onInputEnd = this.#inputEnd.event

  #paused = true
  /** A write answered false, and nobody was told since that there is room. */
  #full = false
  #acceptedBytes = 0
  #lostBytes = 0
  #sendError: Error | undefined
  #heard = false

  /** Set once its end has begun. */
  #reason: CloseReason | undefined
  #ended = false
  #waiting: ((lostBytes: number) => void)[] = []
  #deadline: { readonly timer: Disposable; readonly atMs: number } | undefined

  /** Set once the peer has ended its sending. */
  #halfClosed: { readonly sinceMs: number; lastWriteMs: number } | undefined
  /** For the end of a half-closed connection; then, once our FIN is out, for the peer's. */
  #endTimer: Disposable | undefined
  #probeTimer: Disposable | undefined
  readonly #watchTimer: Disposable
  /** What the kernel had taken when it last took something, and when that was seen. */
  #takenBytes = 0
  #takenAtMs: number
  #overSinceMs: number | undefined

  constructor(socket: CarriedSocket, options: SocketConnectionOptions) {
    this.remote = options.remote
    this.remoteAddress = options.remoteAddress
    this.#socket = socket
    this.#clock = options.clock
    this.#stallTimeoutMs = options.stallTimeoutMs
    this.#halfCloseMs = options.halfCloseMs
    this.#explain = options.explain
    // The kernel's timeout ends a peer that answers without reading, too: it must leave those alone whom we wait for.
    this.#userTimeoutMs = options.stallTimeoutMs === 0 ? 0 : Math.max(USER_TIMEOUT_MS, options.stallTimeoutMs)
    this.#takenAtMs = this.#clock.nowMs()
    socket.owner = {
      received: (chunk) => {
        this.#heard = true
        if (!this.#reason) this.#data.fire(chunk)
      },
      written: () => this.#written(),
      sendFailed: (error, lostBytes) => this.#sendFailed(error, lostBytes),
      ended: (error, lostBytes) => this.#finish(error, lostBytes)
    }
    socket.once('end', () => this.#peerEnded())
    socket.manners.watch(socket.wire, this.#userTimeoutMs)
    this.#watchTimer = this.#clock.every(WATCH_PERIOD_MS, () => this.#watch(), 'idle')
  }

  get queued(): number {
    return this.#ended ? this.#lostBytes : this.#socket.queued
  }

  /** True while only our side still sends: the peer has ended, and whoever needs its place may take it. */
  get lingering(): boolean {
    return this.#halfClosed !== undefined && !this.#ended
  }

  write(chunk: Uint8Array): boolean {
    if (this.#reason) {
      // The far side has ended it, and our owner will hear of that when all before this is out: it must not take this for sent.
      if (!this.#ended && this.#waiting.length === 0) this.#lostBytes += chunk.length
      return true
    }
    this.#acceptedBytes += chunk.length
    if (this.#sendError) {
      this.#lostBytes += chunk.length
      return true
    }
    if (this.#halfClosed) this.#halfClosed.lastWriteMs = this.#clock.nowMs()
    this.#socket.send(chunk)
    if (this.#socket.queued <= HIGH_WATER) return true
    this.#full = true
    return false
  }

  pause(): void {
    if (this.#paused || this.#reason) return
    this.#paused = true
    this.#socket.pause()
  }

  resume(): void {
    if (!this.#paused || this.#reason) return
    this.#paused = false
    this.#socket.resume()
  }

  /** As Duplex says; after the end it answers what the connection lost of what it had accepted, however it ended. */
  close(reason: CloseReason, timeoutMs: number): Promise<number> {
    if (this.#ended) return Promise.resolve(this.#lostBytes)
    const ended = new Promise<number>((resolve) => this.#waiting.push(resolve))
    this.#shorten(timeoutMs)
    this.#begin(reason)
    return ended
  }

  abort(reason: CloseReason): void {
    if (this.#ended) return
    this.#reason ??= reason
    this.#socket.reset()
  }

  /** Ends a lingering connection at once, for a newcomer; what the kernel took is still delivered. */
  giveWay(): void {
    this.#reason ??= DONE
    this.#socket.destroy()
  }

  probe(): void {
    if (this.#reason || this.#probeTimer) return
    const { manners } = this.#socket
    manners.probe(this.#socket.wire)
    const judge = (): void => {
      this.#probeTimer = undefined
      if (this.#reason) return
      if (manners.unansweredMs(this.#socket.wire) >= PROBE_UNANSWERED_MS) this.abort(VANISHED)
      else manners.watch(this.#socket.wire, this.#userTimeoutMs)
    }
    this.#probeTimer = this.#clock.after(PROBE_MS, judge, 'idle')
  }

  /** Drains, sends FIN, waits for the peer's; `#shorten` limits all of it. */
  #begin(reason: CloseReason): void {
    if (this.#reason) return
    this.#reason = reason
    this.#endTimer?.dispose()
    if (this.#sendError) {
      this.#socket.destroy(this.#sendError)
      return
    }
    this.#socket.once('finish', () => {
      if (!this.#ended) this.#endTimer = this.#clock.after(LINGER_MS, () => this.#socket.destroy())
    })
    // With the peer's FIN as well, Node destroys it by itself.
    this.#socket.end()
    this.#socket.resume()
  }

  #shorten(timeoutMs: number): void {
    const atMs = this.#clock.nowMs() + timeoutMs
    if (this.#deadline && this.#deadline.atMs <= atMs) return
    this.#deadline?.timer.dispose()
    this.#deadline = { timer: this.#clock.after(timeoutMs, () => this.#socket.reset()), atMs }
  }

  #finish(error: Error | null, lostBytes: number): void {
    this.#ended = true
    this.#lostBytes += lostBytes
    for (const timer of [this.#watchTimer, this.#probeTimer, this.#endTimer, this.#deadline?.timer])
      timer?.dispose()
    this.#reason ??= this.#why(error ?? this.#sendError, lostBytes)
    for (const resolve of this.#waiting) resolve(this.#lostBytes)
    this.#waiting = []
    this.#close.fire(this.#reason)
  }

  #why(error: Error | undefined, lostBytes: number): CloseReason {
    if (!error) return this.#explained(DONE)
    const reason = this.#explained(endReason(error))
    // The kernel's own limit, at which data waited: the same that `#watch` would have seen.
    return reason === VANISHED && lostBytes > 0 && this.#stallTimeoutMs > 0 ? this.#stalled() : reason
  }

  #explained(reason: CloseReason): CloseReason {
    return this.#explain?.(reason, this.#heard) ?? reason
  }

  #stalled(): CloseReason {
    return { code: 'stalled', message: `the far side took nothing for ${this.#stallTimeoutMs / 1000} s` }
  }

  #written(): void {
    if (!this.#full || this.#socket.queued > LOW_WATER) return
    this.#full = false
    if (!this.#reason) this.#drain.fire()
  }

  #sendFailed(error: Error, lostBytes: number): void {
    this.#sendError ??= error
    this.#lostBytes += lostBytes
    if (this.#reason || this.#halfClosed) this.#socket.destroy(error)
    else this.#written()
  }

  /** Everything that it sent was handed on. */
  #peerEnded(): void {
    if (this.#reason) return
    if (this.#sendError || hungUp(this.#socket.wire)) {
      this.#sendError ??= pendingError(this.#socket.wire)
      this.#socket.destroy(this.#sendError)
    } else if (this.#halfCloseMs === 0) {
      this.#endHalfClosed()
    } else {
      const nowMs = this.#clock.nowMs()
      this.#halfClosed = { sinceMs: nowMs, lastWriteMs: nowMs }
      this.#inputEnd.fire()
      this.#awaitQuiet(this.#halfCloseMs)
    }
  }

  #awaitQuiet(delayMs: number): void {
    const look = (): void => {
      if (!this.#halfClosed || this.#reason) return
      const nowMs = this.#clock.nowMs()
      const { sinceMs, lastWriteMs } = this.#halfClosed
      const quietMs = this.queued > 0 ? 0 : nowMs - lastWriteMs
      if (quietMs >= this.#halfCloseMs || nowMs - sinceMs >= HALF_CLOSE_LIMIT_MS) this.#endHalfClosed()
      else this.#awaitQuiet(this.#halfCloseMs - quietMs)
    }
    this.#endTimer = this.#clock.after(delayMs, look, 'idle')
  }

  #endHalfClosed(): void {
    this.#shorten(PEER_ENDED_DRAIN_MS)
    this.#begin(this.#explained(DONE))
  }

  #watch(): void {
    if (this.#reason) return
    const nowMs = this.#clock.nowMs()
    const queued = this.#socket.queued
    const takenBytes = this.#acceptedBytes - queued
    if (queued === 0 || takenBytes !== this.#takenBytes) {
      this.#takenBytes = takenBytes
      this.#takenAtMs = nowMs
    } else if (this.#stallTimeoutMs > 0 && nowMs - this.#takenAtMs >= this.#stallTimeoutMs) {
      this.abort(this.#stalled())
      return
    }
    if (this.#socket.manners.unansweredMs(this.#socket.wire) >= USER_TIMEOUT_MS) this.abort(VANISHED)
    else if (this.#paused) this.#watchPaused(nowMs)
  }

  /** Nobody reads, so Node would not notice that it is over. */
  #watchPaused(nowMs: number): void {
    if (!hungUp(this.#socket.wire)) return
    this.#overSinceMs ??= nowMs
    // With nothing left to read, reading finds the end, and the reason.
    if (this.#socket.unread === 0) this.resume()
    else if (nowMs - this.#overSinceMs >= UNREAD_GRACE_MS) {
      this.abort({ code: 'error', message: 'the far side is gone, and nobody took its last bytes for 25 s' })
    }
  }
}
