/**
 * Whose bytes the port holds: taken by `port.write`, perhaps not by the device yet. When the port breaks, its `queued`
 * tells how many were lost, and this tells by whom. Bounded: neighbouring chunks of one session share an entry.
 */
import type { Account } from './account.ts'

/** All that is kept of a writer: it may be gone for long, and its session with buffers and socket must not stay for this. */
export interface Writer {
  readonly id: number
  readonly account: Account
}

interface Run extends Writer {
  bytes: number
}

/** How many turns of writers are told apart; what is older counts for the oldest one still known. */
const MAX_RUNS = 1024

export class InFlight {
  #runs: Run[] = []

  add({ id, account }: Writer, bytes: number): void {
    const last = this.#runs.at(-1)
    if (last?.id === id) {
      last.bytes += bytes
      return
    }
    this.#runs.push({ id, account, bytes })
    if (this.#runs.length <= MAX_RUNS) return
    const forgotten = this.#runs.shift()
    const [oldest] = this.#runs
    if (forgotten && oldest) oldest.bytes += forgotten.bytes
  }

  /** The last `bytes` that were added were lost: the newest first, for they were at the end of the queue. */
  lose(bytes: number, report: (writer: Writer, bytes: number) => void): void {
    let left = bytes
    for (let last = this.#runs.at(-1); last && left > 0; last = this.#runs.at(-1)) {
      const part = Math.min(left, last.bytes)
      report(last, part)
      last.bytes -= part
      left -= part
      if (last.bytes === 0) this.#runs.pop()
    }
  }

  /** Who wrote last. */
  get newest(): Writer['id'] | undefined {
    return this.#runs.at(-1)?.id
  }

  /** A new port: nothing of it is in flight. */
  clear(): void {
    this.#runs = []
  }
}
