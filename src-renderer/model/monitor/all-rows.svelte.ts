/** All rows of a recording, where nothing is filtered. What it says holds for one version of the traffic, however the table moves meanwhile. */
import type { ByteRange, Filtering, Finder, Traffic } from './contract.ts'

const NOTHING: readonly ByteRange[] = []

const NO_FIND: Finder = {
  text: '',
  problem: undefined,
  count: 0,
  isSearching: false,
  placeOf: () => undefined,
  next: () => Promise.resolve(undefined)
}

export class AllRows implements Filtering {
  readonly find = NO_FIND
  readonly problem = undefined
  readonly isSearching = false
  readonly matching = undefined
  sight: number | undefined
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

  warm(): void {
    // Has nothing to get ready.
  }

  dispose(): void {
    // Has nothing.
  }
}
