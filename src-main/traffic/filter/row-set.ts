/**
 * Which rows of a recording: a bit for each, so that a million cost 125 KB, in any order and however many they are. Tells how many there
 * are before a row, and which one is the n-th, as a list needs it. Filters and find put into it what they found.
 */

/** Rows of a block: a count is kept for each. */
const BLOCK = 4096
const SHIFT = 12
const MASK = BLOCK - 1
const WORDS = BLOCK / 32

interface Block {
  readonly bits: Uint32Array
  count: number
}

export class RowSet {
  /** Blocks without any rows are left out. */
  #blocks: (Block | undefined)[] = []
  /** The first row of the first block. */
  #base = 0
  #first = 0
  #count = 0
  /** How many rows stand before each block; good below `#summed`. */
  #sums: number[] = []
  #summed = 0

  /** How many. */
  get count(): number {
    return this.#count
  }

  has(row: number): boolean {
    if (row < this.#first) return false
    const block = this.#blocks[(row - this.#base) >>> SHIFT]
    return block !== undefined && ((block.bits[(row & MASK) >>> 5] ?? 0) & (1 << (row & 31))) !== 0
  }

  /** Rows that were dropped are not taken any more. */
  add(row: number): void {
    if (row < this.#first || this.has(row)) return
    if (this.#blocks.length === 0) this.#base = row - (row & MASK)
    while (row < this.#base) {
      this.#blocks.unshift(undefined)
      this.#base -= BLOCK
      this.#summed = 0
    }
    const index = (row - this.#base) >>> SHIFT
    const block = (this.#blocks[index] ??= { bits: new Uint32Array(WORDS), count: 0 })
    const word = (row & MASK) >>> 5
    block.bits[word] = (block.bits[word] ?? 0) | (1 << (row & 31))
    block.count++
    this.#changed(index, 1)
  }

  delete(row: number): void {
    if (!this.has(row)) return
    const index = (row - this.#base) >>> SHIFT
    const block = this.#blocks[index]
    if (!block) return
    const word = (row & MASK) >>> 5
    block.bits[word] = (block.bits[word] ?? 0) & ~(1 << (row & 31))
    block.count--
    this.#changed(index, -1)
  }

  /** Rows from `from` to below `to` are none of it any more. */
  deleteRange(from: number, to: number): void {
    for (let row = this.next(from - 1); row !== undefined && row < to; row = this.next(row)) this.delete(row)
  }

  /** Rows below this are none of it any more, and never will be. */
  dropBefore(row: number): void {
    if (row <= this.#first) return
    const whole = Math.min((row - this.#base) >>> SHIFT, this.#blocks.length)
    if (this.#blocks.length > 0 && row > this.#base && whole > 0) {
      for (const block of this.#blocks.splice(0, whole)) this.#count -= block?.count ?? 0
      this.#base += whole * BLOCK
      this.#summed = 0
    }
    const from = Math.max(this.#first, this.#base)
    if (this.#blocks.length > 0) this.deleteRange(from, row)
    this.#first = row
  }

  /** The n-th one, from 0. Throws a RangeError where there are fewer. */
  at(index: number): number {
    if (!(index >= 0 && index < this.#count)) throw new RangeError(`there is no place ${index}`)
    this.#sumUp(this.#blocks.length)
    let [low, high] = [0, this.#blocks.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((this.#sums[middle] ?? 0) <= index) low = middle
      else high = middle - 1
    }
    const bits = this.#blocks[low]?.bits
    let left = index - (this.#sums[low] ?? 0)
    for (let word = 0; word < WORDS; word++) {
      const value = bits?.[word] ?? 0
      const ones = countOf(value)
      if (left < ones) return this.#base + low * BLOCK + word * 32 + placeOf(value, left)
      left -= ones
    }
    throw new RangeError(`there is no place ${index}`)
  }

  /** How many stand before this row, which need not be one of them. */
  indexOf(row: number): number {
    if (this.#blocks.length === 0 || row <= this.#base) return 0
    const index = (row - this.#base) >>> SHIFT
    if (index >= this.#blocks.length) return this.#count
    this.#sumUp(index + 1)
    const bits = this.#blocks[index]?.bits
    let sum = this.#sums[index] ?? 0
    if (!bits) return sum
    const word = (row & MASK) >>> 5
    for (let at = 0; at < word; at++) sum += countOf(bits[at] ?? 0)
    return sum + countOf((bits[word] ?? 0) & ((1 << (row & 31)) - 1))
  }

  /** The first one behind this row; undefined: there is none. */
  next(row: number): number | undefined {
    const index = this.indexOf(row + 1)
    return index < this.#count ? this.at(index) : undefined
  }

  /** The last one before this row; undefined: there is none. */
  previous(row: number): number | undefined {
    const index = this.indexOf(row)
    return index > 0 ? this.at(index - 1) : undefined
  }

  #changed(block: number, by: number): void {
    this.#count += by
    this.#summed = Math.min(this.#summed, block + 1)
  }

  #sumUp(blocks: number): void {
    let sum = this.#summed > 0 ? (this.#sums[this.#summed - 1] ?? 0) : 0
    if (this.#summed > 0) sum += this.#blocks[this.#summed - 1]?.count ?? 0
    for (; this.#summed < blocks; this.#summed++) {
      this.#sums[this.#summed] = sum
      sum += this.#blocks[this.#summed]?.count ?? 0
    }
  }
}

/** How many ones a word of 32 bits has. */
function countOf(word: number): number {
  let bits = word - ((word >>> 1) & 0x5555_5555)
  bits = (bits & 0x3333_3333) + ((bits >>> 2) & 0x3333_3333)
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24
}

/** Where its n-th one stands. */
function placeOf(word: number, n: number): number {
  let rest = word
  for (let skipped = 0; skipped < n; skipped++) rest &= rest - 1
  return 31 - Math.clz32(rest & -rest)
}
