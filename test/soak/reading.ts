/**
 * Decides what the place alone cannot tell: whose the bytes are around a seam, where one client's stream gave way to another's. Of
 * all ways to read them the one is taken that leaves the fewest bytes of all accounts unexplained. Bounded, so that no loss can hide
 * in it: nothing but the few bytes of a seam is ever moved, each only to a client that was to write there and said just that.
 */
import type { Follower, Seam } from './follower.ts'
import { readingsOf, unexplained, type Client, type Reading } from './readings.ts'

/** Readings of all seams so far, the last one first. */
interface Path {
  readonly reading: Reading
  readonly before: Path | undefined
  readonly cost: number
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
