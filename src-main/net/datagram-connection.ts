/**
 * A Connection over datagrams: what is written goes out in datagrams of at most 1,400 bytes, what comes is handed on as it comes.
 * Called by udp.ts, which owns the sockets. Datagrams have no flow control: what the network and the kernel drop nobody can
 * count; what is dropped in here is counted and told.
 */
import type { Clock } from '../base/clock.ts'
import { HIGH_WATER, LOW_WATER } from '../base/duplex.ts'
import type { Disposable } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import type { CloseReason } from '../contract/close.ts'
import { PIECE_SIZE } from '../os/slab.ts'
import type { Connection } from './connection.ts'
import { codeOf, describe } from './network-faults.ts'

/** Fits every usual link with its headers, tunnels included: a fragmented datagram is lost whole with one fragment. */
export const MAX_DATAGRAM = 1400

/** What waits for a paused reader, in bytes; a piece counts as so many more. Bounds the memory of one connection. */
export const MAX_UNREAD = 256 * 1024
const PIECE_COST = 128

/** From the first dropped datagram until people are told how much it was. */
export const TELL_DROPS_MS = 5000

/** The way to the far side, of one connection. */
export interface DatagramPath {
  /** `done` in a later turn, with the system's error where the datagram did not go out. */
  send(datagram: Uint8Array, done: (error: Error | null) => void): void
  /** Bytes, of this connection or of others on its socket, that the kernel has not taken. */
  unsent(): number
  /** The connection is over; called once, before `onClose`. */
  release(): void
}

export interface DatagramConnectionOptions {
  readonly remote: string
  readonly remoteAddress: string
  readonly clock: Clock
  /** What people should know and what does not end it, in one line each. */
  readonly warn: (text: string) => void
}

export class DatagramConnection implements Connection {
  readonly remote: string
  readonly remoteAddress: string

  readonly #path: DatagramPath
  readonly #clock: Clock
  readonly #warn: (text: string) => void
  readonly #data = new Emitter<Uint8Array>()
  readonly #drain = new Emitter<void>()
  readonly #close = new Emitter<CloseReason>()
  readonly onData = this.#data.event
  readonly onDrain = this.#drain.event
  readonly onClose = this.#close.event

  // From the far side.
  #paused = true
  #inbox: Uint8Array[] = []
  #unread = 0
  #scheduled = false
  #heardAtMs: number
  #dropped = { datagrams: 0, bytes: 0 }
  #dropsTimer: Disposable | undefined

  // To the far side.
  #queued = 0
  #full = false
  #lostBytes = 0
  readonly #told = new Set<string>()

  #reason: CloseReason | undefined
  #ended = false
  #waiting: ((lostBytes: number) => void)[] = []
  #deadline: { readonly timer: Disposable; readonly atMs: number } | undefined

  constructor(path: DatagramPath, { remote, remoteAddress, clock, warn }: DatagramConnectionOptions) {
    this.remote = remote
    this.remoteAddress = remoteAddress
    this.#path = path
    this.#clock = clock
    this.#warn = warn
    this.#heardAtMs = clock.nowMs()
  }

  get queued(): number {
    return this.#ended ? this.#lostBytes : this.#queued
  }

  /** For how long the far side has sent nothing, in ms; 0 while something of it waits for the reader. */
  get silentMs(): number {
    return this.#inbox.length > 0 ? 0 : this.#clock.nowMs() - this.#heardAtMs
  }

  write(chunk: Uint8Array): boolean {
    if (this.#reason) return true
    for (let at = 0; at < chunk.length; at += MAX_DATAGRAM) this.#send(chunk.subarray(at, at + MAX_DATAGRAM))
    if (this.#queued <= HIGH_WATER) return true
    this.#full = true
    return false
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#schedule()
  }

  close(reason: CloseReason, timeoutMs: number): Promise<number> {
    if (this.#ended) return Promise.resolve(this.#lostBytes)
    const ended = new Promise<number>((resolve) => this.#waiting.push(resolve))
    this.#shorten(timeoutMs)
    this.#reason ??= reason
    process.nextTick(() => this.#finishIfSent())
    return ended
  }

  abort(reason: CloseReason): void {
    if (this.#ended) return
    this.#reason ??= reason
    this.#finish(this.#reason)
  }

  /** Nobody over there must answer. */
  probe(): void {
    return
  }

  /** For the owner of the socket: a datagram came. */
  received(datagram: Uint8Array): void {
    if (this.#reason) return
    this.#heardAtMs = this.#clock.nowMs()
    // It is there (again): when it goes, people want to know again.
    this.#told.delete('ECONNREFUSED')
    if (datagram.length === 0) return
    if (this.#unread + datagram.length > MAX_UNREAD) {
      this.#drop(datagram.length)
      return
    }
    for (let at = 0; at < datagram.length; at += PIECE_SIZE) {
      const piece = datagram.subarray(at, at + PIECE_SIZE)
      this.#inbox.push(piece)
      this.#unread += piece.length + PIECE_COST
    }
    if (!this.#scheduled) this.#deliver()
  }

  /** For the owner of the socket: the system reported an error that belongs to no datagram. */
  troubled(error: Error): void {
    const code = codeOf(error)
    if (this.#reason || this.#told.has(code)) return
    this.#told.add(code)
    this.#warn(
      code === 'ECONNREFUSED'
        ? `Nothing takes datagrams on ${this.remote} now: check the port, and that the far program is running. Sending goes on.`
        : `Sending to ${this.remote} failed (${describe(error)}): the bytes are lost, sending goes on. Check the network.`
    )
  }

  #send(datagram: Uint8Array): void {
    this.#queued += datagram.length
    this.#path.send(datagram, (error) => {
      // The refusal of an earlier datagram; this one was not even tried.
      if (error && codeOf(error) === 'ECONNREFUSED' && !this.#ended) {
        this.troubled(error)
        this.#path.send(datagram, (again) => this.#sent(datagram.length, again))
      } else {
        this.#sent(datagram.length, error)
      }
    })
  }

  #sent(length: number, error: Error | null): void {
    if (this.#ended) return
    this.#queued -= length
    if (error) {
      this.#lostBytes += length
      this.troubled(error)
    }
    if (this.#reason) this.#finishIfSent()
    else if (this.#full && this.#queued <= LOW_WATER) {
      this.#full = false
      this.#drain.fire()
    }
  }

  #schedule(): void {
    if (this.#scheduled || this.#inbox.length === 0) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#deliver()
    })
  }

  #deliver(): void {
    while (!this.#paused && !this.#reason) {
      const piece = this.#inbox.shift()
      if (!piece) return
      this.#unread -= piece.length + PIECE_COST
      this.#data.fire(piece)
    }
  }

  #drop(bytes: number): void {
    this.#dropped.datagrams++
    this.#dropped.bytes += bytes
    this.#dropsTimer ??= this.#clock.after(TELL_DROPS_MS, () => this.#tellDrops(), 'idle')
  }

  #tellDrops(): void {
    this.#dropsTimer?.dispose()
    this.#dropsTimer = undefined
    const { datagrams, bytes } = this.#dropped
    if (datagrams === 0) return
    this.#dropped = { datagrams: 0, bytes: 0 }
    this.#warn(
      `${bytes} bytes (${datagrams} datagrams) from ${this.remote} were lost: they came faster than they were taken.`
    )
  }

  #shorten(timeoutMs: number): void {
    const atMs = this.#clock.nowMs() + timeoutMs
    if (this.#deadline && this.#deadline.atMs <= atMs) return
    this.#deadline?.timer.dispose()
    const giveUp = (): void => {
      if (this.#reason) this.#finish(this.#reason)
    }
    this.#deadline = { timer: this.#clock.after(timeoutMs, giveUp), atMs }
  }

  #finishIfSent(): void {
    if (this.#reason && this.#queued === 0) this.#finish(this.#reason)
  }

  #finish(reason: CloseReason): void {
    if (this.#ended) return
    this.#tellDrops()
    this.#ended = true
    // The kernel may have taken it all without having said so yet.
    this.#lostBytes += Math.min(this.#queued, this.#path.unsent())
    this.#inbox = []
    this.#deadline?.timer.dispose()
    this.#path.release()
    for (const resolve of this.#waiting) resolve(this.#lostBytes)
    this.#waiting = []
    this.#close.fire(reason)
  }
}
