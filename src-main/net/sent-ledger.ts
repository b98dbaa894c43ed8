/**
 * How many bytes of data stand among the last bytes that went to a peer: telnet doubles some, and says things of its own in
 * between. Kept by telnet-link.ts for the one moment in which a connection tells how much it lost; holds no bytes.
 */

/** A stretch of what was sent: so many bytes on the wire, so many of data in them. */
interface Stretch {
  wire: number
  data: number
}

/** So many stretches are told apart; when there are more, the older half is kept in twice as long ones. */
const MAX_STRETCHES = 512

export class SentLedger {
  #stretches: Stretch[] = []

  add(wire: number, data: number): void {
    const last = this.#stretches.at(-1)
    // The usual case: data as it is, behind data as it is.
    if (last && last.wire === last.data && wire === data) {
      last.wire += wire
      last.data += data
      return
    }
    this.#stretches.push({ wire, data })
    if (this.#stretches.length > MAX_STRETCHES) this.#forgetDetails()
  }

  /**
   * Bytes of data among the last `wire` ones. Exact where these are whole stretches (a chunk of data, or anything without doubled
   * bytes); of a stretch that is there in part it takes the same part of the data, and rather one byte more than one less.
   */
  dataAmong(wire: number): number {
    let left = wire
    let data = 0
    for (let n = this.#stretches.length - 1; n >= 0 && left > 0; n--) {
      const stretch = this.#stretches[n]
      if (!stretch) break
      const part = Math.min(left, stretch.wire)
      data += part === stretch.wire ? stretch.data : Math.ceil((stretch.data * part) / stretch.wire)
      left -= part
    }
    return data
  }

  #forgetDetails(): void {
    const older = this.#stretches.splice(0, MAX_STRETCHES / 2)
    const merged: Stretch[] = []
    for (let n = 0; n < older.length; n += 2) {
      const [first, second] = [older[n], older[n + 1]]
      if (first)
        merged.push({ wire: first.wire + (second?.wire ?? 0), data: first.data + (second?.data ?? 0) })
    }
    this.#stretches = [...merged, ...this.#stretches]
  }
}
