/** Sends the bytes of a file piece by piece, each when the device's side has taken the one before. One at a time. */
import type { Clock } from '../../../src-main/base/clock.ts'
import type { Disposable } from '../../../src-main/base/event.ts'
import { pageClock } from '../../clock.ts'
import type { SendOnce } from './macros-run.svelte.ts'

/** Of one piece, in bytes: small enough that its end is seen, and large enough that nobody waits for the way to the core. */
const PIECE = { first: 512, least: 64, most: 32 * 1024 } as const
/** A piece that takes less than this is followed by a larger one, one that takes more than `slow` by a smaller one, in ms. */
const QUICK_MS = 100
const SLOW_MS = 400

/** `File`, and what tests make of it. */
export interface FileToSend {
  readonly name: string
  readonly size: number
  readonly slice: (from: number, to: number) => { readonly arrayBuffer: () => Promise<ArrayBuffer> }
}

export interface FileProgress {
  readonly name: string
  readonly size: number
  readonly sent: number
  /** `ended`: before its end. */
  readonly state: 'sending' | 'done' | 'ended'
}

export class SendFile implements Disposable {
  readonly #send: SendOnce
  readonly #clock: Clock
  #turn = 0
  progress = $state.raw<FileProgress | undefined>()

  constructor(send: SendOnce, clock: Clock = pageClock) {
    this.#send = send
    this.#clock = clock
  }

  get isSending(): boolean {
    return this.progress?.state === 'sending'
  }

  /** Nothing while another one is sent. Resolves when it is over; rejects where the file cannot be read. */
  async start(file: FileToSend): Promise<void> {
    if (this.isSending) return
    const turn = ++this.#turn
    const { name, size } = file
    const tell = (sent: number, state: FileProgress['state']): void => {
      if (turn === this.#turn) this.progress = { name, size, sent, state }
    }
    tell(0, 'sending')
    let sent = 0
    try {
      for (let piece: number = PIECE.first; sent < size;) {
        const bytes = new Uint8Array(await file.slice(sent, sent + piece).arrayBuffer())
        const before = this.#clock.nowMs()
        if (turn !== this.#turn || bytes.length === 0 || !(await this.#send(bytes))) break
        sent += bytes.length
        tell(sent, 'sending')
        const tookMs = this.#clock.nowMs() - before
        if (tookMs < QUICK_MS) piece = Math.min(PIECE.most, piece * 2)
        else if (tookMs > SLOW_MS) piece = Math.max(PIECE.least, piece >> 1)
      }
    } finally {
      tell(sent, sent >= size ? 'done' : 'ended')
    }
  }

  /** What it has given away is not called back. */
  cancel(): void {
    const { progress } = this
    this.#turn++
    if (progress?.state === 'sending') this.progress = { ...progress, state: 'ended' }
  }

  forget(): void {
    if (!this.isSending) this.progress = undefined
  }

  dispose(): void {
    this.cancel()
    this.progress = undefined
  }
}
