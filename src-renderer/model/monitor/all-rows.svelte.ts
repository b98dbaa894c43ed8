/** All rows of a recording, where nothing is filtered. What it says holds for one version of the traffic, however the table moves meanwhile. */
import type { ByteRange, Filtering, Traffic } from './contract.ts'

const NOTHING: readonly ByteRange[] = []

export class AllRows implements Filtering {
  readonly #traffic: Traffic
  readonly #span: { readonly first: number; readonly end: number } = $derived.by(() => {
    const { version, cut, table } = this.#traffic
    return version + cut === 0 ? { first: 0, end: 0 } : { first: table.first, end: table.end }
  })

  constructor(traffic: Traffic) {
    this.#traffic = traffic
  }

  get version(): number {
    return this.#traffic.version
  }

  get count(): number {
    return this.#span.end - this.#span.first
  }

  rowAt(index: number): number {
    return this.#span.first + index
  }

  indexOf(row: number): number {
    return Math.min(Math.max(0, row - this.#span.first), this.count)
  }

  isDim(): boolean {
    return false
  }

  found(): readonly ByteRange[] {
    return NOTHING
  }

  dispose(): void {
    // Has nothing.
  }
}
