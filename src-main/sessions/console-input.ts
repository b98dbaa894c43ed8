/**
 * The reading half of a console session: a stream, and for a person at a terminal the raw mode and the key that leaves.
 * Used by console.ts alone. It never ends or destroys the stream.
 */
import type { Readable } from 'node:stream'
import { Emitter } from '../base/event.ts'

/** A terminal's key that leaves: Ctrl+], as in telnet. */
export const LEAVE_KEY = 0x1d

/** What a person may type or paste while the device takes nothing, in bytes. Beyond it even the leave key waits. */
export const TYPED_LIMIT = 64 * 1024

/** `process.stdin` is one; where there is no terminal behind it, both members are absent. */
export type InputStream = Readable & {
  readonly isTTY?: boolean
  setRawMode?(raw: boolean): unknown
}

/** `left`: the key was pressed, `unsent` bytes typed before it still waited. `ended`: nothing more will come. */
export type InputEnd =
  | { readonly type: 'left'; readonly unsent: number }
  | { readonly type: 'ended' }
  | { readonly type: 'failed'; readonly error: Error }

export class ConsoleInput {
  readonly #data = new Emitter<Uint8Array>()
  readonly #end = new Emitter<InputEnd>()
  readonly onData = this.#data.event
  /** Fires once, after all data before the end was handed on. */
  readonly onEnd = this.#end.event

  readonly #stream: InputStream
  readonly #terminal: boolean
  #raw = false
  #paused = true
  #ended = false
  /** Read while paused: only a terminal is, because its leave key must be seen. */
  #typed: Uint8Array[] = []
  #typedSize = 0

  /** Paused until `resume`. `terminal`: raw mode where the stream has one, and the key. */
  constructor(stream: InputStream, terminal: boolean) {
    this.#stream = stream
    this.#terminal = terminal
    // Before there is a data listener: a stream that was not told to pause would start to flow.
    stream.pause()
    stream.on('data', this.#onChunk)
    stream.on('end', this.#onStreamEnd)
    // A stream that was destroyed closes without an end.
    stream.on('close', this.#onStreamEnd)
    stream.on('error', this.#onStreamError)
    if (!terminal) return
    if (stream.isTTY && stream.setRawMode) {
      stream.setRawMode(true)
      this.#raw = true
    }
    stream.resume()
  }

  pause(): void {
    this.#paused = true
    if (!this.#terminal) this.#stream.pause()
  }

  resume(): void {
    this.#paused = false
    for (let chunk = this.#typed[0]; chunk && !this.#isPaused(); chunk = this.#typed[0]) {
      this.#typed.shift()
      this.#typedSize -= chunk.length
      this.#data.fire(chunk)
    }
    if (this.#isPaused()) return
    if (this.#ended) this.#finish({ type: 'ended' })
    else this.#stream.resume()
  }

  /** Gives the stream back as it was. Idempotent. */
  dispose(): void {
    const stream = this.#stream
    this.#data.dispose()
    this.#end.dispose()
    stream.off('data', this.#onChunk)
    stream.off('end', this.#onStreamEnd)
    stream.off('close', this.#onStreamEnd)
    stream.pause()
    this.#typed = []
    if (!this.#raw) return
    this.#raw = false
    // A terminal that is gone cannot be set, and reports that as an error of the stream; see #onStreamError.
    stream.setRawMode?.(false)
  }

  /** A method and not the field itself, since a listener of `onData` may change it between two looks. */
  #isPaused(): boolean {
    return this.#paused
  }

  #finish(end: InputEnd): void {
    this.#end.fire(end)
    this.#end.dispose()
  }

  readonly #onChunk = (chunk: Uint8Array): void => {
    const leaveAt = this.#terminal ? chunk.indexOf(LEAVE_KEY) : -1
    const bytes = leaveAt < 0 ? chunk : chunk.subarray(0, leaveAt)
    if (bytes.length > 0) this.#hand(bytes)
    if (leaveAt >= 0) this.#finish({ type: 'left', unsent: this.#typedSize })
  }

  #hand(bytes: Uint8Array): void {
    if (!this.#paused) {
      this.#data.fire(bytes)
      return
    }
    this.#typed.push(bytes)
    this.#typedSize += bytes.length
    if (this.#typedSize >= TYPED_LIMIT) this.#stream.pause()
  }

  readonly #onStreamEnd = (): void => {
    if (this.#ended) return
    this.#ended = true
    if (this.#typedSize === 0) this.#finish({ type: 'ended' })
  }

  /** Stays on the stream: an error that comes after our end must not end the whole process. */
  readonly #onStreamError = (error: Error): void => {
    this.#ended = true
    this.#finish({ type: 'failed', error })
  }
}
