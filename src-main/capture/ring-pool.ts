/**
 * The memory of all recordings of this process: slabs that go to whoever has something to keep. Each ring has its own limit, and all
 * together have one; where that is reached, who has less than its fair share takes from who has most. Called by core, once; knows
 * no share and no clock.
 *
 * A ring begins with a small page of its own, so that a port where nothing happens takes next to nothing, also where the system backs any
 * touched memory with pages of 2 MiB.
 */
import { totalmem } from 'node:os'
import { TrafficLog, type PageStore } from '../traffic/log.ts'
import { MAX_EVENT_BYTES } from '../traffic/page-writer.ts'

export const SLAB_BYTES = 1024 * 1024
export const RING_BYTES = 50 * SLAB_BYTES
const MAX_BYTES = 512 * SLAB_BYTES
/** Of the computer's memory, or of what this process may have of it. */
const MEMORY_PART = 0.1

/** Room for the longest event; some dozen of usual ones, which is what a port says that nobody uses. */
const FIRST_PAGE_BYTES = 2 * MAX_EVENT_BYTES

/** So many slabs that nobody has are kept for the next one; the others go back to the system. */
const SPARE_SLABS = 8

export interface RingPoolOptions {
  /** See Page.wallOffsetMs. */
  readonly wallOffsetMs: () => number
  /** Of all rings together; default min(512 MiB, a tenth of the memory). */
  readonly maxBytes?: number
  /** Of each. */
  readonly ringBytes?: number
  readonly slabBytes?: number
}

export interface Ring {
  readonly log: TrafficLog
  /** Its memory is free for others; the log is empty then, and nothing may be written into it. */
  close(): void
}

export class RingPool {
  readonly #options: RingPoolOptions
  readonly #slabBytes: number
  readonly #spare: Uint8Array[] = []
  readonly #rings = new Set<SlabRing>()
  #most: number
  #out = 0

  constructor(options: RingPoolOptions) {
    this.#options = options
    this.#slabBytes = options.slabBytes ?? SLAB_BYTES
    this.#most = this.#slabsOf(options.maxBytes ?? defaultMaxBytes())
  }

  /** Of all rings together, but for their first pages. */
  get maxBytes(): number {
    return this.#most * this.#slabBytes
  }

  /**
   * At least one slab; undefined: the default. Where that is less than there was, the largest rings give up their oldest records at
   * once.
   */
  limit(maxBytes: number | undefined): void {
    this.#most = this.#slabsOf(maxBytes ?? defaultMaxBytes())
    while (this.#out > this.#most && this.#takeFrom(this.#largest(), 0));
    this.#spare.length = 0
  }

  /** Bytes of memory in slabs that rings have. */
  get size(): number {
    return this.#out * this.#slabBytes
  }

  open(): Ring {
    const { wallOffsetMs, ringBytes = RING_BYTES } = this.#options
    const ring: SlabRing = new SlabRing(this.#slabBytes, {
      take: () => this.#take(ring),
      give: (slab) => this.#give(slab)
    })
    const log = new TrafficLog({ store: ring, maxPages: Math.max(2, this.#slabsOf(ringBytes)), wallOffsetMs })
    ring.log = log
    this.#rings.add(ring)
    return {
      log,
      close: () => {
        log.clear()
        this.#rings.delete(ring)
      }
    }
  }

  /** Undefined: the ring is to take its own oldest one. */
  #take(ring: SlabRing): Uint8Array | undefined {
    if (
      this.#out >= this.#most &&
      (ring.slabs >= this.#fairShare(ring) || !this.#takeFrom(this.#largest(), 1))
    )
      return undefined
    this.#out++
    return this.#spare.pop() ?? new Uint8Array(this.#slabBytes)
  }

  #give(slab: Uint8Array): void {
    this.#out--
    if (this.#spare.length < SPARE_SLABS) this.#spare.push(slab)
  }

  /** In slabs, if `ring` is one of those that have some. */
  #fairShare(ring: SlabRing): number {
    let users = ring.slabs === 0 ? 1 : 0
    for (const each of this.#rings) if (each.slabs > 0) users++
    return Math.max(1, Math.floor(this.#most / users))
  }

  #largest(): SlabRing | undefined {
    let largest: SlabRing | undefined
    for (const each of this.#rings) if (!largest || each.slabs > largest.slabs) largest = each
    return largest
  }

  /** One slab, where it has more than `least`: its oldest page may be its first, which is none. */
  #takeFrom(ring: SlabRing | undefined, least: number): boolean {
    if (!ring?.log || ring.slabs <= least) return false
    const had = ring.slabs
    while (ring.slabs === had) if (!ring.log.dropOldest()) return false
    return true
  }

  #slabsOf(bytes: number): number {
    return Math.max(1, Math.floor(bytes / this.#slabBytes))
  }
}

/** One ring's side of the pool. */
class SlabRing implements PageStore {
  log: TrafficLog | undefined
  slabs = 0
  readonly #slabBytes: number
  readonly #pool: { take(): Uint8Array | undefined; give(slab: Uint8Array): void }

  constructor(slabBytes: number, pool: { take(): Uint8Array | undefined; give(slab: Uint8Array): void }) {
    this.#slabBytes = slabBytes
    this.#pool = pool
  }

  take(): Uint8Array | undefined {
    // Empty: it begins, or begins again. So there always is a page to be had for whoever has none.
    if (this.log?.pages.length === 0) return new Uint8Array(Math.min(FIRST_PAGE_BYTES, this.#slabBytes / 2))
    const slab = this.#pool.take()
    if (slab) this.slabs++
    return slab
  }

  give(bytes: Uint8Array): void {
    if (bytes.length !== this.#slabBytes) return
    this.slabs--
    this.#pool.give(bytes)
  }
}

/** A container may have less than its computer. */
function defaultMaxBytes(): number {
  const allowed = process.constrainedMemory()
  const memory = allowed > 0 ? Math.min(allowed, totalmem()) : totalmem()
  return Math.min(MAX_BYTES, Math.floor(memory * MEMORY_PART))
}
