/** The ways to read a seam, where one client's stream gave way to another's, and what each costs those who had their turn in between. */
import type { Seam } from './follower.ts'
import { bytesOf, commonEnd, search, type Stream } from './stream.ts'

/** One who writes to the device, as far as is known when everything is over. */
export interface Client {
  readonly stream: Stream
  /** What was counted as lost of it. */
  readonly lost: number
  /** It left in order: everything it sent arrived or is counted. Else some of the end may be with its system. */
  readonly exact: boolean
}

/** One way to read a seam. */
export interface Reading {
  /** Bytes of the stream before, and of the one after. */
  readonly left: number
  readonly right: number
  /** Bytes of those who had their turn between the two. */
  readonly parts: readonly Part[]
  readonly alien: number
  /** Bytes that could be of others, too. */
  readonly doubtful: number
  /** What it costs more than that nobody between the two said anything. */
  readonly cost: number
}

export interface Part {
  readonly client: Client
  readonly bytes: number
}

/** So many who got but a few bytes through, one after the other, are told apart. */
const MOST_PIECES = 4

/** Where more than so many had their turn between two, it would take long to try them all. */
const MANY = 16

const dueOf = ({ stream, lost }: Client): number => stream.sent - lost

/**
 * Unexplained bytes, where so many arrived, the last one just before `position` in the stream: what is missing of one who did not
 * leave in order is behind that, for all before it was heard of.
 */
export function unexplained(client: Client, arrived: number, position = 0): number {
  const missing = dueOf(client) - arrived
  if (client.exact || missing < 0) return Math.abs(missing)
  return Math.max(0, missing - (client.stream.sent - position))
}

/** All of them that make a difference. `others`: those whose turn was between the two. */
export function readingsOf(seam: Seam, others: readonly Client[]): Reading[] {
  const { tail, strays, head, after, positionAfter } = seam
  const all = Buffer.concat([tail, strays, head])
  const back = after ? commonEnd(all, after.id, positionAfter, positionAfter) : 0
  const readings =
    strays.length > 0
      ? [
          {
            left: tail.length,
            right: head.length,
            parts: [],
            alien: strays.length,
            doubtful: 0,
            cost: strays.length
          },
          ...piecesOf(seam, all, all.length - back, others)
        ]
      : [
          ...eitherOf(all.length, all.length - back, tail.length),
          ...swallowed(all, back, tail.length, others)
        ]
  const cheapest = new Map<string, Reading>()
  for (const reading of readings) {
    const key = `${reading.left} ${reading.right}`
    const known = cheapest.get(key)
    if (!known || reading.cost < known.cost) cheapest.set(key, reading)
  }
  return [...cheapest.values()]
}

/** The first stream gave way to the second one somewhere where both say the same. */
function eitherOf(size: number, from: number, to: number): Reading[] {
  const cuts = Array.from({ length: to - from + 1 }, (_, n) => from + n)
  return cuts.map((cut) => ({
    left: cut,
    right: size - cut,
    parts: [],
    alien: 0,
    doubtful: to - from,
    cost: 0
  }))
}

/**
 * Somebody's few bytes between the two happened to be what one of them said, too. Nothing here shows that, so it costs as much as it
 * moves: it is only taken where it mends two accounts, of which one has too many and the other one lacks just these.
 */
function swallowed(all: Buffer, back: number, tail: number, others: readonly Client[]): Reading[] {
  const readings: Reading[] = []
  for (const client of others) {
    const bytes = dueOf(client)
    if (!client.exact || bytes <= 0) continue
    for (
      let left = Math.max(0, all.length - back - bytes);
      left <= tail && left + bytes <= all.length;
      left++
    ) {
      if (search(client.stream, 0, all.subarray(left, left + bytes)) === undefined) continue
      const right = all.length - left - bytes
      // It lacks them no more, and that is what it costs.
      readings.push({ left, right, parts: [{ client, bytes }], alien: 0, doubtful: bytes, cost: 0 })
    }
  }
  return readings
}

/** One who may have said some of the strays, and what there is of it for that. */
interface Speaker {
  readonly client: Client | 'before' | 'after'
  readonly said: Buffer
}

/** A reading of the bytes up to `at`. */
interface Draft {
  readonly at: number
  readonly left: number
  readonly right: number
  readonly parts: readonly Part[]
  readonly pieces: number
  /** Who spoke last, and up to where. */
  readonly speaker: number
  readonly said: number
}

/**
 * The strays are what some said, one after the other; a little of what is around them may be theirs, too. Here each piece has one of
 * the strays at least. From `from` on all may be of the stream after.
 */
function piecesOf(seam: Seam, all: Buffer, from: number, others: readonly Client[]): Reading[] {
  const { tail, strays } = seam
  const speakers = speakersOf(seam, others)
  const most = others.length > MANY ? 2 : MOST_PIECES
  const end = tail.length + strays.length
  const readings: Reading[] = []
  const goOn = ({ at, left, right, parts, pieces, speaker, said }: Draft): void => {
    if (at >= end) {
      const rest = all.length - at
      if (at >= from)
        readings.push({
          left,
          right: right + rest,
          parts,
          alien: 0,
          doubtful: strays.length,
          cost: costOf(parts)
        })
      return
    }
    if (pieces === most) return
    for (const [n, { client, said: bytes }] of speakers.entries()) {
      // The tail is of the stream before anyway.
      if (n < speaker || (client === 'before' && at < tail.length)) continue
      let place = n === speaker ? said : 0
      for (let size = 1; at + size <= all.length; size++) {
        place = bytes.indexOf(all.subarray(at, at + size), place)
        if (place < 0) break
        if (at + size <= tail.length) continue
        goOn({
          at: at + size,
          left: client === 'before' ? left + size : left,
          right: client === 'after' ? right + size : right,
          parts: typeof client === 'string' ? parts : [...parts, { client, bytes: size }],
          pieces: pieces + 1,
          speaker: n,
          said: place + size
        })
      }
    }
  }
  for (let left = 0; left <= tail.length; left++)
    goOn({ at: left, left, right: 0, parts: [], pieces: 0, speaker: 0, said: 0 })
  return readings
}

/** In the order of their turns. Of the streams before and after another piece may be missing just here. */
function speakersOf(
  { before, positionBefore, after, positionAfter, head }: Seam,
  others: readonly Client[]
): Speaker[] {
  const speakers: Speaker[] = others.map((client) => ({
    client,
    said: bytesOf(client.stream.id, 0, client.stream.sent)
  }))
  if (before) {
    const said = bytesOf(before.id, positionBefore, Math.max(0, before.sent - positionBefore))
    speakers.unshift({ client: 'before', said })
  }
  if (after) speakers.push({ client: 'after', said: bytesOf(after.id, 0, positionAfter - head.length) })
  return speakers
}

function costOf(parts: readonly Part[]): number {
  const bytes = new Map<Client, number>()
  for (const part of parts) bytes.set(part.client, (bytes.get(part.client) ?? 0) + part.bytes)
  return [...bytes].reduce(
    (sum, [client, here]) => sum + unexplained(client, here) - unexplained(client, 0),
    0
  )
}
