/**
 * A page's terminal as a Session: its far side reads by credit and writes by calls. What the device says waits here while there is no
 * credit, in order with what else is told, and holds the device up as any other session's queue does; a write waits while the device
 * takes nothing. Called by core/instance; knows no channel.
 */
import type { Clock } from '../base/clock.ts'
import { systemClock } from '../base/clock.ts'
import { HIGH_WATER, LOW_WATER } from '../base/duplex.ts'
import type { Disposable } from '../base/event.ts'
import { Emitter, never } from '../base/event.ts'
import { DONE, type CloseReason } from '../contract/close.ts'
import { Fault } from '../contract/faults.ts'
import { MAX_TERMINAL_BYTES, type TerminalItem } from '../contract/terminal.ts'
import type { Notice, Session, SessionIdentity } from './session.ts'

/** Whoever reads the terminal. */
export interface TerminalReader {
  /** How many items may be sent now. */
  readonly credit: number
  send(item: TerminalItem): void
}

interface Write {
  readonly bytes: Uint8Array
  readonly taken: () => void
  readonly refused: (fault: unknown) => void
}

/** A close that lets the far side read what it was given. `finish` ends it early. */
interface Closing {
  readonly done: Promise<number>
  readonly finish: () => void
}

export class TerminalSession implements Session {
  readonly who: SessionIdentity = { kind: 'program', label: 'this computer (terminal)' }
  readonly onApply = never
  readonly onControl = never
  readonly onBreak = never
  readonly onPurge = never

  readonly #reader: TerminalReader
  readonly #clock: Clock
  readonly #data = new Emitter<Uint8Array>()
  readonly #drain = new Emitter<void>()
  readonly #closed = new Emitter<CloseReason>()
  readonly onData = this.#data.event
  readonly onDrain = this.#drain.event
  readonly onClose = this.#closed.event

  /** What waits to be read. */
  #items: TerminalItem[] = []
  #queued = 0
  #congested = false
  /** What waits to be taken. */
  #writes: Write[] = []
  #paused = true
  #leaving = false
  /** Nothing is told before it is known where it is. */
  #joined = false
  #closing: Closing | undefined
  #over: CloseReason | undefined

  constructor(reader: TerminalReader, clock: Clock = systemClock) {
    this.#reader = reader
    this.#clock = clock
  }

  // Duplex.

  get queued(): number {
    return this.#queued
  }

  write(chunk: Uint8Array): boolean {
    if (this.#over || this.#closing || chunk.length === 0) return true
    this.#queued += chunk.length
    this.#items.push({ type: 'bytes', bytes: chunk })
    this.flush()
    if (this.#queued > HIGH_WATER) this.#congested = true
    return !this.#congested
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#handOn()
  }

  close(reason: CloseReason, timeoutMs: number): Promise<number> {
    if (this.#over) return this.#closing?.done ?? Promise.resolve(0)
    const closing = (this.#closing ??= this.#beginClose(reason, timeoutMs))
    if (this.#queued === 0) closing.finish()
    return closing.done
  }

  abort(reason: CloseReason): void {
    if (this.#closing) this.#closing.finish()
    else this.#finish(reason)
  }

  // Session.

  notify({ settings, capabilities }: Notice): void {
    if (settings && capabilities) this.tell({ type: 'open', settings })
  }

  // Its far side.

  /** It is with that share or link, as this session: the first thing that is told. */
  join(id: string, session: number): void {
    this.#items.unshift({ type: 'joined', id, session })
    this.#joined = true
    this.flush()
  }

  /** Something beside the bytes, in its place among them. Of several right behind each other the last one counts, where they wait. */
  tell(item: Extract<TerminalItem, { type: 'open' | 'waiting' }>): void {
    if (this.#over || this.#closing) return
    const last = this.#items.at(-1)
    if (last?.type === 'open' || last?.type === 'waiting') this.#items.pop()
    this.#items.push(item)
    this.flush()
  }

  /** Credit came. */
  flush(): void {
    while (this.#joined && this.#items.length > 0 && this.#reader.credit > 0) {
      const item = this.#next()
      if (item?.type === 'bytes') this.#queued -= item.bytes.length
      if (item) this.#reader.send(item)
    }
    if (this.#closing && this.#queued === 0) this.#closing.finish()
    if (!this.#congested || this.#queued > LOW_WATER || this.#over) return
    this.#congested = false
    this.#drain.fire()
  }

  /** Resolves when it was handed on, or discarded; rejects with `peer-closed` when the session is over, with the signal's reason when aborted. */
  send(bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      if (this.#over || this.#closing || this.#leaving) throw ended(this.#over)
      const write: Write = {
        bytes,
        taken: () => {
          signal?.removeEventListener('abort', cancel)
          resolve()
        },
        refused: reject
      }
      const cancel = (): void => {
        this.#writes = this.#writes.filter((each) => each !== write)
        write.refused(signal?.reason)
        this.#handOn()
      }
      signal?.addEventListener('abort', cancel, { once: true })
      this.#writes.push(write)
      this.#handOn()
    })
  }

  /** What it was given and did not hand on is not sent. Answers how many bytes that was. */
  discard(): number {
    const dropped = this.#writes
    this.#writes = []
    for (const { taken } of dropped) taken()
    return dropped.reduce((sum, { bytes }) => sum + bytes.length, 0)
  }

  /** It sends and reads no more: what it wrote is handed on first. */
  leave(): void {
    this.#leaving = true
    this.#handOn()
  }

  #handOn(): void {
    while (!this.#paused && !this.#over && !this.#closing) {
      const write = this.#writes.shift()
      if (!write) break
      this.#data.fire(write.bytes)
      write.taken()
    }
    if (this.#leaving && this.#writes.length === 0) this.abort(DONE)
  }

  /** Small pieces become one: each costs a message. */
  #next(): TerminalItem | undefined {
    const first = this.#items.shift()
    if (first?.type !== 'bytes') return first
    const { bytes } = first
    if (bytes.length > MAX_TERMINAL_BYTES) {
      this.#items.unshift({ type: 'bytes', bytes: bytes.subarray(MAX_TERMINAL_BYTES) })
      return { type: 'bytes', bytes: bytes.subarray(0, MAX_TERMINAL_BYTES) }
    }
    const pieces = [bytes]
    let length = bytes.length
    for (let next = this.#items[0]; next?.type === 'bytes'; next = this.#items[0]) {
      if (length + next.bytes.length > MAX_TERMINAL_BYTES) break
      pieces.push(next.bytes)
      length += next.bytes.length
      this.#items.shift()
    }
    return pieces.length === 1 ? first : { type: 'bytes', bytes: joined(pieces, length) }
  }

  #beginClose(reason: CloseReason, timeoutMs: number): Closing {
    let timeout: Disposable | undefined = undefined
    let finish = (): void => undefined
    const done = new Promise<number>((resolve) => {
      finish = () => {
        timeout?.dispose()
        this.#finish(reason)
        resolve(this.#queued)
      }
    })
    timeout = this.#clock.after(timeoutMs, () => finish())
    return { done, finish: () => finish() }
  }

  /** `queued` still tells what was not read while `onClose` fires, and after it. */
  #finish(reason: CloseReason): void {
    if (this.#over) return
    this.#over = reason
    this.#items = []
    for (const { refused } of this.#writes) refused(ended(reason))
    this.#writes = []
    this.#closed.fire(reason)
  }
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}

function ended(reason: CloseReason = DONE): Fault {
  return new Fault('peer-closed', `The terminal is closed: ${reason.message}. Open it again to go on.`)
}
