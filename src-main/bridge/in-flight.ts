/**
 * Whose bytes the port holds: taken by `port.write`, perhaps not by the device yet. When the port breaks, its `queued`
 * tells how many were lost, and this tells by whom. Bounded: neighbouring chunks of one session share an entry.
 */
import type { Member } from './member.ts'

interface Run {
  readonly member: Member
  bytes: number
}

/** How many turns of writers are told apart; what is older counts for the oldest one still known. */
const MAX_RUNS = 1024

export class InFlight {
  #runs: Run[] = []

  add(member: Member, bytes: number): void {
    const last = this.#runs.at(-1)
    if (last?.member === member) {
      last.bytes += bytes
      return
    }
    this.#runs.push({ member, bytes })
    if (this.#runs.length <= MAX_RUNS) return
    const forgotten = this.#runs.shift()
    const [oldest] = this.#runs
    if (forgotten && oldest) oldest.bytes += forgotten.bytes
  }

  /** The last `bytes` that were added were lost: the newest first, for they were at the end of the queue. */
  lose(bytes: number, report: (member: Member, bytes: number) => void): void {
    let left = bytes
    for (let last = this.#runs.at(-1); last && left > 0; last = this.#runs.at(-1)) {
      const part = Math.min(left, last.bytes)
      report(last.member, part)
      last.bytes -= part
      left -= part
      if (last.bytes === 0) this.#runs.pop()
    }
  }

  /** A new port: nothing of it is in flight. */
  clear(): void {
    this.#runs = []
  }
}
