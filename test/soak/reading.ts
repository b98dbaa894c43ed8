/**
 * Decides what the place alone cannot tell: whose the bytes are around a seam, where one client's stream gave way to another's. Of
 * all ways to read them the one is taken that leaves the fewest bytes of all accounts unexplained. Bounded, so that no loss can hide
 * in it: nothing but the few bytes of a seam is ever moved, each only to a client that was to write there and said just that.
 */
import { bytesOf, commonEnd, search, type Follower, type Seam, type Stream } from './stream.ts'

/** One who writes to the device, as far as is known when everything is over. */
export interface Client {
  readonly stream: Stream
  /** What was counted as lost of it. */
  readonly lost: number
  /** It left in order: everything it sent arrived or is counted. Else some of the end may be with its system. */
  readonly exact: boolean
}

/** One way to read a seam. */
interface Reading {
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

interface Part {
  readonly client: Client
  readonly bytes: number
}

/** Readings of all seams so far, the last one first. */
interface Path {
  readonly reading: Reading
  readonly before: Path | undefined
  readonly cost: number
}

/** So many who got but a few bytes through, one after the other, are told apart. */
const MOST_PIECES = 4

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

/**
 * Corrects the tallies. `clients`: all who could write, one after the other, in the order of their turns. Once, after the end.
 * Answers how many bytes the accounts alone told apart.
 */
export function readSeams(follower: Follower, clients: readonly Client[]): number {
  const turns = new Map(clients.map(({ stream }, turn) => [stream.id, turn]))
  const { seams } = follower
  for (const seam of seams) forget(follower, seam)
  // By what the reading of a seam leaves to the stream after it: the cheapest way to get there.
  let paths = new Map<number, Path | undefined>([[0, undefined]])
  for (const seam of seams) {
    const { before } = seam
    const client = before && clients[turns.get(before.id) ?? -1]
    const readings = readingsOf(seam, between(seam, clients, turns))
    const next = new Map<number, Path | undefined>()
    for (const [right, path] of paths)
      for (const reading of readings) {
        const arrived = before ? follower.tally(before.id).arrived + right + reading.left : 0
        const own = client ? unexplained(client, arrived, positionOf(seam, reading)) : 0
        const cost = (path?.cost ?? 0) + reading.cost + own
        const known = next.get(reading.right)
        if (!known || cost < known.cost) next.set(reading.right, { reading, before: path, cost })
      }
    paths = next
  }
  let best = [...paths.values()].reduce((a, b) => (a && b && b.cost < a.cost ? b : a), [...paths.values()][0])
  let doubtful = 0
  for (const seam of seams.toReversed()) {
    if (!best) break
    take(follower, seam, best.reading)
    doubtful += best.reading.doubtful
    best = best.before
  }
  return doubtful
}

/** What the tallies took for granted. */
function forget(follower: Follower, { before, tail, strays, strayOf, back, after, head }: Seam): void {
  if (before) follower.tally(before.id).arrived -= tail.length - back
  if (after) follower.tally(after.id).arrived -= back + head.length
  if (strayOf) follower.tally(strayOf.id).arrived -= strays.length
  else follower.alien -= strays.length
}

function take(follower: Follower, seam: Seam, reading: Reading): void {
  const { before, after } = seam
  const { left, right, parts, alien } = reading
  if (before) {
    const tally = follower.tally(before.id)
    tally.arrived += left
    tally.position = positionOf(seam, reading)
  }
  if (after) follower.tally(after.id).arrived += right
  for (const { client, bytes } of parts) follower.tally(client.stream.id).arrived += bytes
  follower.alien += alien
}

/** Where the stream before stopped. What else it may have said after a hole is not looked at. */
function positionOf({ positionBefore, tail }: Seam, { left }: Reading): number {
  return positionBefore - Math.max(0, tail.length - left)
}

/** Those whose turn was between the two. */
function between({ before, after }: Seam, clients: readonly Client[], turns: Map<number, number>): Client[] {
  const from = before ? turns.get(before.id) : -1
  const to = after ? turns.get(after.id) : clients.length
  return from === undefined || to === undefined ? [] : clients.slice(from + 1, to)
}

function readingsOf(seam: Seam, others: readonly Client[]): Reading[] {
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

/** Where one may have said something: in these bytes, from `from` on. */
interface Speaker {
  readonly client: Client | 'before' | 'after'
  readonly said: Buffer
}

/** The strays are what some said, one after the other; a little of what is around them may be theirs, too. */
function piecesOf(
  { before, positionBefore, tail, strays, after, positionAfter, head }: Seam,
  all: Buffer,
  /** From here on all may be of the stream after. */
  from: number,
  others: readonly Client[]
): Reading[] {
  const speakers: Speaker[] = others.map((client) => ({
    client,
    said: bytesOf(client.stream.id, 0, client.stream.sent)
  }))
  // Of these two another piece is missing just here.
  if (before)
    speakers.unshift({
      client: 'before',
      said: bytesOf(before.id, positionBefore, Math.max(0, before.sent - positionBefore))
    })
  if (after) speakers.push({ client: 'after', said: bytesOf(after.id, 0, positionAfter - head.length) })
  const readings: Reading[] = []
  const end = tail.length + strays.length
  const go = (
    at: number,
    first: number,
    said: number,
    left: number,
    right: number,
    parts: readonly Part[],
    pieces: number
  ): void => {
    if (at >= end && at >= from)
      readings.push({
        left,
        right: right + all.length - at,
        parts,
        alien: 0,
        doubtful: strays.length,
        cost: costOf(parts)
      })
    if (at >= end || pieces === MOST_PIECES) return
    for (let n = first; n < speakers.length; n++) {
      const speaker = speakers[n]!
      if (speaker.client === 'before' && at < tail.length) continue
      let place = n === first ? said : 0
      for (let size = 1; at + size <= all.length; size++) {
        place = speaker.said.indexOf(all.subarray(at, at + size), place)
        if (place < 0) break
        // Each piece has one of the strays at least.
        if (at + size <= tail.length) continue
        const { client } = speaker
        if (client === 'before') go(at + size, n, place + size, left + size, right, parts, pieces + 1)
        else if (client === 'after') go(at + size, n, place + size, left, right + size, parts, pieces + 1)
        else go(at + size, n, place + size, left, right, [...parts, { client, bytes: size }], pieces + 1)
      }
    }
  }
  for (let left = 0; left <= tail.length; left++) go(left, 0, 0, left, 0, [], 0)
  return readings
}

function costOf(parts: readonly Part[]): number {
  const bytes = new Map<Client, number>()
  for (const part of parts) bytes.set(part.client, (bytes.get(part.client) ?? 0) + part.bytes)
  return [...bytes].reduce(
    (sum, [client, here]) => sum + unexplained(client, here) - unexplained(client, 0),
    0
  )
}
