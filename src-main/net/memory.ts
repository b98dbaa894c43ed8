/**
 * Connections between two ends in one process, with TCP's manners: a pipe of bounded size each way that stands for the
 * kernel's buffers, pieces of 4 KiB, delivery in a later turn. Called by tests of everything that uses Connections.
 */
import type { Clock } from '../base/clock.ts'
import { systemClock } from '../base/clock.ts'
import { HIGH_WATER, LOW_WATER } from '../base/duplex.ts'
import type { Disposable } from '../base/event.ts'
import { Emitter } from '../base/event.ts'
import type { CloseReason } from '../contract/close.ts'
import { DONE } from '../contract/close.ts'
import { Fault } from '../contract/faults.ts'
import { PIECE_SIZE } from '../os/slab.ts'
import { NOBODY_LISTENS } from './carrier.ts'
import type { Connection, Listener } from './connection.ts'

/** Bytes that a pipe takes before the writer's own queue grows. */
export const PIPE_SIZE = 64 * 1024

const RESET: CloseReason = { code: 'error', message: 'the far side broke the connection off' }

/** One direction: what the system took from the writer and the reader has not taken yet. */
class Pipe {
  #chunks: Uint8Array[] = []
  #size = 0
  /** Set when nothing will follow what is in it. */
  end: CloseReason | undefined
  reader: () => void = () => undefined
  writer: () => void = () => undefined

  get empty(): boolean {
    return this.#size === 0
  }

  /** Takes as much as there is room for; answers the rest. */
  put(chunk: Uint8Array): Uint8Array {
    const taken = chunk.subarray(0, Math.max(0, PIPE_SIZE - this.#size))
    if (taken.length > 0) {
      this.#chunks.push(taken)
      this.#size += taken.length
      this.reader()
    }
    return chunk.subarray(taken.length)
  }

  take(): Uint8Array | undefined {
    const first = this.#chunks.shift()
    if (!first) return undefined
    const piece = first.subarray(0, PIECE_SIZE)
    if (piece.length < first.length) this.#chunks.unshift(first.subarray(piece.length))
    this.#size -= piece.length
    this.writer()
    return piece
  }

  finish(reason: CloseReason): void {
    this.end ??= reason
    this.reader()
  }
}

export class MemoryConnection implements Connection {
  readonly remote: string
  readonly remoteAddress: string | undefined
  /** How often `probe` was called. */
  probes = 0

  readonly #incoming: Pipe
  readonly #outgoing: Pipe
  readonly #clock: Clock
  readonly #data = new Emitter<Uint8Array>()
  readonly #drain = new Emitter<void>()
  readonly #close = new Emitter<CloseReason>()
  readonly onData = this.#data.event
  readonly onDrain = this.#drain.event
  readonly onClose = this.#close.event

  #queue: Uint8Array[] = []
  #queued = 0
  #lostBytes = 0
  #paused = true
  #full = false
  #scheduled = false
  #reason: CloseReason | undefined
  #ended = false
  #waiting: ((lostBytes: number) => void)[] = []
  #deadline: Disposable | undefined

  constructor(
    incoming: Pipe,
    outgoing: Pipe,
    remote: string,
    remoteAddress: string | undefined,
    clock: Clock
  ) {
    this.remote = remote
    this.remoteAddress = remoteAddress
    this.#incoming = incoming
    this.#outgoing = outgoing
    this.#clock = clock
    incoming.reader = () => this.#schedule()
    outgoing.writer = () => this.#schedule()
  }

  get queued(): number {
    return this.#ended ? this.#lostBytes : this.#queued
  }

  write(chunk: Uint8Array): boolean {
    if (this.#reason) return true
    this.#queue.push(chunk)
    this.#queued += chunk.length
    this.#push()
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
    this.#deadline ??= this.#clock.after(timeoutMs, () => this.#end(reason, RESET))
    this.#reason ??= reason
    this.#schedule()
    return ended
  }

  abort(reason: CloseReason): void {
    this.#end(reason, RESET)
  }

  probe(): void {
    this.probes++
  }

  #schedule(): void {
    if (this.#scheduled || this.#ended) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#turn()
    })
  }

  /** What the event loop does for a socket: writes what fits, reads what came, sees the end. */
  #turn(): void {
    if (this.#ended) return
    this.#push()
    if (this.#full && this.#queued <= LOW_WATER) {
      this.#full = false
      if (!this.#reason) this.#drain.fire()
    }
    while (!this.#isOver() && !this.#paused) {
      const piece = this.#incoming.take()
      if (!piece) break
      this.#data.fire(piece)
    }
    if (this.#isOver()) {
      if (this.#queued === 0) this.#end(this.#reason ?? DONE, DONE)
    } else if (!this.#paused && this.#incoming.empty && this.#incoming.end) {
      this.#end(this.#incoming.end, DONE)
    }
  }

  #isOver(): boolean {
    return this.#reason !== undefined
  }

  #push(): void {
    for (let chunk = this.#queue.shift(); chunk; chunk = this.#queue.shift()) {
      // Nobody reads there any more.
      const gone = this.#outgoing.end !== undefined
      const rest = gone ? chunk.subarray(chunk.length) : this.#outgoing.put(chunk)
      if (gone) this.#lostBytes += chunk.length
      this.#queued -= chunk.length - rest.length
      if (rest.length > 0) {
        this.#queue.unshift(rest)
        return
      }
    }
  }

  #end(reason: CloseReason, seenByPeer: CloseReason): void {
    if (this.#ended) return
    this.#ended = true
    this.#reason ??= reason
    this.#deadline?.dispose()
    this.#lostBytes += this.#queued
    this.#queue = []
    this.#queued = 0
    this.#outgoing.finish(seenByPeer)
    // What the peer writes from now on goes nowhere.
    this.#incoming.finish(seenByPeer)
    this.#incoming.writer()
    for (const resolve of this.#waiting) resolve(this.#lostBytes)
    this.#waiting = []
    this.#close.fire(this.#reason)
  }
}

let pairs = 0

/** Two connected ends, both paused. `address`: what the second one sees as the first one's address. */
export function memoryPair(
  clock: Clock = systemClock,
  address?: string
): [MemoryConnection, MemoryConnection] {
  const number = ++pairs
  const there = new Pipe()
  const back = new Pipe()
  return [
    new MemoryConnection(back, there, `memory:${number}`, undefined, clock),
    new MemoryConnection(there, back, `memory:${number}`, address, clock)
  ]
}

export class MemoryListener implements Listener {
  readonly url = 'memory:'
  readonly #clock: Clock
  readonly #connection = new Emitter<Connection>()
  readonly onConnection = this.#connection.event
  #closed = false

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  /** Dials this listener: the dialling end, paused. Rejects with `peer-refused` once it is closed. */
  async connect(address = '127.0.0.1'): Promise<MemoryConnection> {
    await Promise.resolve()
    if (this.#closed) throw new Fault('peer-refused', 'memory: refused the connection: it is closed.')
    const [near, far] = memoryPair(this.#clock, address)
    if (this.#connection.hasListeners) this.#connection.fire(far)
    else far.abort(NOBODY_LISTENS)
    return near
  }

  close(): Promise<void> {
    this.#closed = true
    return Promise.resolve()
  }
}
