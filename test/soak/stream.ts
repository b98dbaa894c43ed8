/**
 * Bytes that say where they belong. Each stream is made from its number and the position alone, so that whoever receives some of
 * it, in pieces, from anywhere, knows which bytes they are: one that is missing, doubled, in the wrong place or from elsewhere
 * is found.
 */

/** So many bytes in a row mean one place only: 1 in 10^38 for chance. */
const NEEDLE = 16

/** Looked at in one piece while searching. */
const WINDOW = 64 * 1024

export interface Stream {
  readonly id: number
  /** Bytes that were sent of it so far. */
  sent: number
}

/** `size` bytes of the stream from `start` on. Every value but CR, whose meaning in telnet depends on the moment. */
export function bytesOf(id: number, start: number, size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size)
  for (let n = 0; n < size; n++) {
    let word = Math.imul(start + n + 1, 0x9e3779b1) ^ Math.imul(id, 0x85ebca6b)
    word = Math.imul(word ^ (word >>> 15), 0x2c1b3c6d)
    word = Math.imul(word ^ (word >>> 12), 0x297a2d39)
    const byte = (word ^ (word >>> 15)) & 0xff
    // Many 0xFF, for they are doubled on the way.
    bytes[n] = byte === 0x0d || byte < 8 ? 0xff : byte
  }
  return bytes
}

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

/** Follows what arrives at one place, where one stream gives way to another and pieces may be missing. */
export class Follower {
  readonly tallies = new Map<number, Tally>()
  /** Bytes that are none of these streams at a place where they could be: doubled, out of order, damaged. */
  alien = 0
  /** Bytes between two streams that could be of either; they are counted for the second. */
  readonly eitherOf: { readonly first: number; readonly second: number; readonly bytes: number }[] = []
  readonly #streams: () => Iterable<Stream>
  #current: Stream | undefined
  /** Not placed yet: too few to tell where they belong. */
  #pending = Buffer.alloc(0)
  /** The last bytes that were placed. */
  #history = Buffer.alloc(0)
  /** Bytes before the place that is being looked for: too few of their stream came to tell which one. */
  #strays = Buffer.alloc(0)

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
    let rest = this.#pending
    this.#pending = Buffer.alloc(0)
    while (rest.length > 0) {
      rest = rest.subarray(this.#follow(rest))
      if (rest.length > 0) rest = rest.subarray(this.#findPlace(rest))
    }
    this.#placeStrays()
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
    if (!stream) return 0
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
      this.#strays = Buffer.concat([this.#strays, bytes.subarray(0, 1)])
      if (this.#strays.length >= NEEDLE) this.#placeStrays()
      return 1
    }
    const { stream, position } = place
    const back = this.#takeBack(stream, position)
    this.#placeStrays()
    const tally = this.tally(stream.id)
    const start = position - back
    if (tally.arrived === 0) tally.skippedAtStart = start
    else tally.skippedLater += start - tally.position
    tally.arrived += back
    tally.position = position
    this.#current = stream
    return 0
  }

  /** A piece that is too short to be sure of: where it fits best, if it does anywhere. */
  #placeStrays(): void {
    const strays = this.#strays
    this.#strays = Buffer.alloc(0)
    if (strays.length === 0) return
    const place = strays.length < NEEDLE ? this.#place(strays) : undefined
    if (!place) {
      this.alien += strays.length
      return
    }
    const tally = this.tally(place.stream.id)
    if (tally.arrived === 0) tally.skippedAtStart = place.position
    else tally.skippedLater += place.position - tally.position
    tally.arrived += strays.length
    tally.position = place.position + strays.length
    this.#remember(strays)
  }

  /** The last few bytes of all may stand in many places: then the one nearest to what came before is meant. */
  #place(needle: Buffer): { stream: Stream; position: number } | undefined {
    let nearest: { stream: Stream; position: number; gap: number } | undefined
    for (const stream of this.#streams()) {
      const from = this.tally(stream.id).position
      const position = search(stream, from, needle)
      if (position === undefined) continue
      if (needle.length === NEEDLE) return { stream, position }
      if (!nearest || position - from < nearest.gap) nearest = { stream, position, gap: position - from }
    }
    return nearest
  }

  /** By chance the last stream's next bytes may have been those with which this one begins: then they are of this one, as far as anybody can tell. */
  #takeBack(stream: Stream, position: number): number {
    const room = position - this.tally(stream.id).position
    const own = commonEnd(this.#strays, stream.id, position, room)
    this.#strays = this.#strays.subarray(0, this.#strays.length - own)
    const before = this.#current
    if (!before || before.id === stream.id || this.#strays.length > 0) return own
    const old = this.tally(before.id)
    const back = commonEnd(this.#history, stream.id, position - own, Math.min(room - own, old.arrived))
    old.arrived -= back
    old.position -= back
    if (back > 0) this.eitherOf.push({ first: before.id, second: stream.id, bytes: back })
    return own + back
  }

  #remember(bytes: Buffer): void {
    this.#history =
      bytes.length >= NEEDLE
        ? Buffer.from(bytes.subarray(-NEEDLE))
        : Buffer.concat([this.#history, bytes]).subarray(-NEEDLE)
  }
}

/** How many of the last of these bytes, `most` at the most, are those of the stream just before `position`. */
function commonEnd(bytes: Buffer, id: number, position: number, most: number): number {
  const limit = Math.min(most, bytes.length)
  if (limit <= 0) return 0
  const expected = bytesOf(id, position - limit, limit)
  let count = 0
  while (count < limit && bytes[bytes.length - 1 - count] === expected[limit - 1 - count]) count++
  return count
}

/** Where in the stream, from `from` on, these bytes stand; undefined: nowhere in what was sent. */
function search({ id, sent }: Stream, from: number, needle: Buffer): number | undefined {
  for (let start = from; start + needle.length <= sent; start += WINDOW) {
    const window = bytesOf(id, start, Math.min(WINDOW + needle.length - 1, sent - start))
    const at = window.indexOf(needle)
    if (at >= 0) return start + at
  }
  return undefined
}
