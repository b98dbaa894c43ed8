/** The rows of a long list that are in the page, as the browser knows them: how high they are, and which of them must not go. */

/** What of a row is lost with it: the focus, what is open, what it says itself must stay. */
const NEEDED = ':focus, [aria-haspopup][aria-expanded="true"], [data-keep]'
/** Heights are parts of a px on some screens. */
const SAME_PX = 0.5

/** The height in px of each row that is not as usual, by key. */
export type OddHeights = ReadonlyMap<string, number>

export class RowElements {
  readonly #usual: () => number
  readonly #changed: (heights: OddHeights) => void
  readonly #byKey = new Map<string, HTMLElement>()
  readonly #sizes = new ResizeObserver((entries) => this.#measured(entries))
  #heights: OddHeights

  /** `changed`: heights are others than before, or what is around the rows is of another size. */
  constructor(usual: () => number, changed: (heights: OddHeights) => void, heights: OddHeights) {
    this.#heights = heights
    this.#usual = usual
    this.#changed = changed
  }

  /** What is no row, but whose size decides which rows are seen. Until `end`. */
  watch(around: Element): void {
    this.#sizes.observe(around)
  }

  /** An attachment of each row; its key is in `data-key`. */
  readonly row = (element: HTMLElement): (() => void) => {
    const { key = '' } = element.dataset
    this.#byKey.set(key, element)
    this.#sizes.observe(element)
    return () => {
      this.#sizes.unobserve(element)
      this.#byKey.delete(key)
    }
  }

  get(key: string): HTMLElement | undefined {
    return this.#byKey.get(key)
  }

  /** Whether it must stay. */
  isNeeded(key: string): boolean {
    return (this.#byKey.get(key)?.querySelector(NEEDED) ?? null) !== null
  }

  get keys(): Iterable<string> {
    return this.#byKey.keys()
  }

  end(): void {
    this.#sizes.disconnect()
  }

  #measured(entries: readonly ResizeObserverEntry[]): void {
    const heights = new Map(this.#heights)
    const usual = this.#usual()
    let isOther = false
    for (const { target, borderBoxSize } of entries) {
      const key = target instanceof HTMLElement ? target.dataset.key : undefined
      const height = borderBoxSize[0]?.blockSize ?? 0
      // A page that is hidden has no heights.
      if (key === undefined || height === 0) continue
      if (Math.abs(height - (heights.get(key) ?? usual)) < SAME_PX) continue
      isOther = true
      if (Math.abs(height - usual) < SAME_PX) heights.delete(key)
      else heights.set(key, height)
    }
    if (isOther) this.#heights = heights
    this.#changed(this.#heights)
  }
}
