/** Who follows what arrives at one place, made of streams (stream.ts), and says what of which one that is, and what is none of them. */
import { bytesOf, commonEnd, search, type Stream } from './stream.ts'

/** So many bytes in a row mean one place only: 1 in 10^38 for chance. */
const NEEDLE = 16

/** More than this between two places is not of some that got but a few bytes through. */
const MOST_STRAYS = 3 * NEEDLE

/** What a receiver got of one stream. */
export interface Tally {
  /** Bytes that arrived, each once and in order. */
  arrived: number
  /** Where the next one is expected. */
  position: number
  /** Bytes that were left out before something that arrived, at the beginning and later. */
  skippedAtStart: number
  skippedLater: number
}

/**
 * Where one stream gives way to another. Which bytes around that place are whose is known for sure only further away: by chance the
 * first bytes of the second may be what the first would have said next, or those before what the second said, and a few bytes of a
 * third one between the two may stand in many places. See reading.ts for how that is decided.
 */
export interface Seam {
  /** The last bytes that go on with the first stream, up to `positionBefore` in it; none where nothing came before. */
  readonly before: Stream | undefined
  readonly positionBefore: number
  readonly tail: Buffer
  /** Between the two, too few to tell where they belong. */
  readonly strays: Buffer
  /** The first bytes that go on with the second stream, up to `positionAfter` in it; none where nothing came any more. */
  readonly after: Stream | undefined
  readonly positionAfter: number
  readonly head: Buffer
  /** How the tallies have it: so many bytes of the tail are of the second stream, … */
  readonly back: number
  /** … and the strays are of this one; undefined: they are alien. */
  readonly strayOf: Stream | undefined
}

/** Follows what arrives at one place, where one stream gives way to another and pieces may be missing. */
export class Follower {
  readonly tallies = new Map<number, Tally>()
  /** Bytes that are none of these streams at a place where they could be: doubled, out of order, damaged. */
  alien = 0
  /** In the order in which they came; the last one is where everything ended. */
  readonly seams: Seam[] = []
  readonly #streams: () => Iterable<Stream>
  #current: Stream | undefined
  /** Not placed yet: too few to tell where they belong. */
  #pending = Buffer.alloc(0)
  /** The last bytes that were placed for the present stream, without those that were looked for to find it. */
  #tail = Buffer.alloc(0)
  /** Bytes before the place that is being looked for: too few of their stream came to tell which one. */
  #strays = Buffer.alloc(0)
  /** Of the present stream, so many are still to come that were looked for. */
  #head = 0

  /** `streams`: all that can come here, the likeliest first. */
  constructor(streams: () => Iterable<Stream>) {
    this.#streams = streams
  }

  get current(): Stream | undefined {
    return this.#current
  }

  receive(bytes: Buffer): void {
    let rest = this.#pending.length > 0 ? Buffer.concat([this.#pending, bytes]) : bytes
    while (rest.length > 0) {
      rest = rest.subarray(this.#follow(rest))
      if (rest.length < NEEDLE) break
      rest = rest.subarray(this.#findPlace(rest))
    }
    // The caller's memory may be used again.
    this.#pending = Buffer.from(rest)
  }

  /** Nothing more comes: what could not be placed yet is, or is alien. */
  end(): void {
    const rest = this.#pending.subarray(this.#strays.length > 0 ? 0 : this.#follow(this.#pending))
    this.#pending = Buffer.alloc(0)
    for (const byte of rest) this.#stray(byte)
    const before = this.#current
    if (before || this.#strays.length > 0) this.#seam(undefined, 0, Buffer.alloc(0))
  }

  tally(id: number): Tally {
    let tally = this.tallies.get(id)
    if (!tally) {
      tally = { arrived: 0, position: 0, skippedAtStart: 0, skippedLater: 0 }
      this.tallies.set(id, tally)
    }
    return tally
  }

  /** Answers how many of them go on with the present stream. */
  #follow(bytes: Buffer): number {
    const stream = this.#current
    if (!stream || this.#strays.length > 0) return 0
    const tally = this.tally(stream.id)
    const most = Math.min(bytes.length, stream.sent - tally.position)
    const expected = bytesOf(stream.id, tally.position, most)
    let count = 0
    if (bytes.subarray(0, most).equals(expected)) count = most
    else while (count < most && bytes[count] === expected[count]) count++
    tally.arrived += count
    tally.position += count
    this.#remember(bytes.subarray(0, count))
    return count
  }

  /** Answers how many bytes belong nowhere; the others go on with what is the present stream afterwards. */
  #findPlace(bytes: Buffer): number {
    const needle = bytes.subarray(0, NEEDLE)
    const place = this.#place(needle)
    if (!place) {
      this.#stray(needle[0]!)
      return 1
    }
    const { stream, position } = place
    if (stream.id === this.#current?.id) this.#goOn(stream, position)
    else this.#seam(stream, position, needle)
    return 0
  }

  #stray(byte: number): void {
    this.#strays = Buffer.concat([this.#strays, Buffer.of(byte)])
    if (this.#strays.length < MOST_STRAYS) return
    this.alien += this.#strays.length
    this.#strays = Buffer.alloc(0)
  }

  /** After a piece that is missing; what came between is of the same stream, or of none. */
  #goOn(stream: Stream, position: number): void {
    const strays = this.#takeStrays()
    const tally = this.tally(stream.id)
    if (strays.length > 0 && standsIn(stream, tally.position, position, strays)) {
      tally.arrived += strays.length
      tally.skippedLater -= strays.length
    } else this.alien += strays.length
    tally.skippedLater += position - tally.position
    tally.position = position
  }

  /** The present stream gives way to `after`, which is found from `position` on; undefined: to nothing. */
  #seam(after: Stream | undefined, position: number, needle: Buffer): void {
    const before = this.#current
    const tail = this.#tail
    const strays = this.#takeStrays()
    const positionBefore = before ? this.tally(before.id).position : 0
    // What nobody can tell is counted for the second stream.
    const room = after ? position - this.tally(after.id).position : 0
    const back = after && strays.length === 0 ? commonEnd(tail, after.id, position, room) : 0
    const strayOf = strays.length > 0 ? this.#sayerOf(strays) : undefined
    const head = needle.subarray(0, NEEDLE - 1)
    this.seams.push({
      ...{ before, positionBefore, tail, strays, back, strayOf },
      ...{ after, positionAfter: position + head.length, head: Buffer.from(head) }
    })
    if (before) this.tally(before.id).arrived -= back
    if (before) this.tally(before.id).position -= back
    if (strayOf) this.tally(strayOf.id).arrived += strays.length
    else this.alien += strays.length
    this.#current = after
    this.#tail = Buffer.alloc(0)
    this.#head = head.length
    if (!after) return
    const tally = this.tally(after.id)
    const start = position - back
    if (tally.position === 0) tally.skippedAtStart = start
    else tally.skippedLater += start - tally.position
    tally.arrived += back
    tally.position = position
  }

  #takeStrays(): Buffer {
    const strays = this.#strays
    this.#strays = Buffer.alloc(0)
    return strays
  }

  /** Sixteen bytes in a row stand in one place only. */
  #place(needle: Buffer): { stream: Stream; position: number } | undefined {
    for (const stream of this.#streams()) {
      const position = search(stream, this.tally(stream.id).position, needle)
      if (position !== undefined) return { stream, position }
    }
    return undefined
  }

  /** Whose these few bytes may be: of him who left out least before them. */
  #sayerOf(strays: Buffer): Stream | undefined {
    let nearest: { stream: Stream; gap: number } | undefined
    for (const stream of this.#streams()) {
      const from = this.tally(stream.id).position
      const position = search(stream, from, strays)
      if (position === undefined) continue
      if (!nearest || position - from < nearest.gap) nearest = { stream, gap: position - from }
    }
    return nearest?.stream
  }

  /** The head of a stream is no tail at the same time. */
  #remember(bytes: Buffer): void {
    const own = bytes.subarray(Math.min(this.#head, bytes.length))
    this.#head -= bytes.length - own.length
    this.#tail =
      own.length >= NEEDLE
        ? Buffer.from(own.subarray(1 - NEEDLE))
        : Buffer.concat([this.#tail, own]).subarray(1 - NEEDLE)
  }
}

/** Whether these bytes stand in that part of the stream, in one piece or in two. */
function standsIn(stream: Stream, from: number, end: number, bytes: Buffer): boolean {
  if (search(stream, from, bytes, end) !== undefined) return true
  for (let cut = 1; cut < bytes.length; cut++) {
    const first = search(stream, from, bytes.subarray(0, cut), end)
    if (first === undefined) return false
    if (search(stream, first + cut, bytes.subarray(cut), end) !== undefined) return true
  }
  return false
}
