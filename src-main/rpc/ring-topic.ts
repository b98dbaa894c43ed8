/**
 * A topic of things that happen: notices, traffic. What comes while a subscriber has no credit waits in a ring of its own; what
 * falls out of that is counted, and told in the place where it was. So a slow reader costs so much and no more, misses the oldest
 * and knows how many, and nobody else notices.
 */
import type { Disposable } from '../base/event.ts'
import { Fault } from '../contract/faults.ts'
import type { LeftOut } from '../contract/topics.ts'
import type { Subscriber } from './subscription.ts'

export interface RingOptions<Item> {
  /** What waits for one subscriber at the most: items … */
  readonly maxItems: number
  /** … and bytes, as `sizeOf` counts them; absent: items alone count. */
  readonly maxBytes?: number
  readonly sizeOf?: (item: Item) => number
}

export interface SubscribeOptions<Item> {
  readonly first?: readonly Item[]
  readonly wants?: (item: Item) => boolean
}

export class RingTopic<Item> implements Disposable {
  readonly #options: RingOptions<Item>
  readonly #readers = new Set<Reader<Item>>()

  constructor(options: RingOptions<Item>) {
    this.#options = options
  }

  /** Nobody is here: what nobody reads need not be made. */
  get idle(): boolean {
    return this.#readers.size === 0
  }

  /** At once to whoever has credit. The item must stay as it is. */
  publish(item: Item): void {
    for (const reader of [...this.#readers]) reader.publish(item)
  }

  /** Items from now on, and before them `first`. `wants`: which items; those it does not want are not left out. */
  subscribe(
    subscriber: Subscriber,
    { first = [], wants = () => true }: SubscribeOptions<Item> = {}
  ): Disposable {
    const reader = new Reader(this.#options, subscriber, wants)
    for (const item of first) reader.publish(item)
    this.#readers.add(reader)
    return { dispose: () => void this.#readers.delete(reader) }
  }

  /** Ends every subscription. */
  dispose(): void {
    const readers = [...this.#readers]
    this.#readers.clear()
    for (const reader of readers) reader.end()
  }
}

class Reader<Item> {
  readonly #options: RingOptions<Item>
  readonly #subscriber: Subscriber
  readonly #wants: (item: Item) => boolean
  #ring: (Item | undefined)[] = []
  /** Where in the array the ring begins: what stands before that was sent. */
  #first = 0
  #bytes = 0
  #leftOut = 0

  constructor(options: RingOptions<Item>, subscriber: Subscriber, wants: (item: Item) => boolean) {
    this.#options = options
    this.#subscriber = subscriber
    this.#wants = wants
    subscriber.onCredit = () => this.#flush()
  }

  publish(item: Item): void {
    if (!this.#wants(item)) return
    const waits = this.#leftOut > 0 || this.#count > 0
    if (!waits && this.#subscriber.send(item)) return
    this.#ring.push(item)
    this.#bytes += this.#sizeOf(item)
    while (this.#count > this.#options.maxItems || this.#bytes > (this.#options.maxBytes ?? Infinity)) {
      if (this.#count === 0) break
      this.#shift()
      this.#leftOut += 1
    }
  }

  /** What still waits is told as left out, where there is credit for that. */
  end(): void {
    const leftOut = this.#leftOut + this.#count
    if (leftOut > 0) this.#subscriber.send({ leftOut } satisfies LeftOut)
    this.#subscriber.end(new Fault('peer-closed', 'There is no more of it: it was closed.'))
  }

  #flush(): void {
    if (this.#leftOut > 0 && this.#subscriber.credit > 0) {
      const leftOut = this.#leftOut
      this.#leftOut = 0
      this.#subscriber.send({ leftOut } satisfies LeftOut)
    }
    while (this.#count > 0 && this.#subscriber.credit > 0) {
      // Off the ring before it is sent: sending may make another one come.
      const item = this.#shift()
      if (item !== undefined) this.#subscriber.send(item)
    }
  }

  get #count(): number {
    return this.#ring.length - this.#first
  }

  #sizeOf(item: Item): number {
    return this.#options.sizeOf?.(item) ?? 0
  }

  #shift(): Item | undefined {
    const item = this.#ring[this.#first]
    this.#ring[this.#first] = undefined
    this.#first += 1
    if (item !== undefined) this.#bytes -= this.#sizeOf(item)
    // Seldom, so that it costs nothing each time.
    if (this.#first * 2 > this.#ring.length) {
      this.#ring = this.#ring.slice(this.#first)
      this.#first = 0
    }
    return item
  }
}
