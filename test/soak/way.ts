/**
 * A way to a device without Farport: one client writes after the other, and pieces are lost at the beginning, in the middle and at the
 * end of what each one sends. What became of each byte is known, so whoever follows the device's side can be checked against it.
 */
import type { Random } from '../random.ts'
import type { Client } from './readings.ts'
import { bytesOf, type Stream } from './stream.ts'

export interface WayOptions {
  readonly clients: number
  /** One of so many who write gets but a few bytes through. */
  readonly oneShortOf: number
  /** How much a client sends and loses before it is its turn, at the most. */
  readonly mostBefore: number
}

export interface Way {
  /** In the order in which they came, with what was counted as lost. */
  readonly clients: readonly Client[]
  /** By client: how many bytes really arrived. */
  readonly arrived: readonly number[]
  /** What arrived, all of it. */
  readonly bytes: Buffer
  /** Where in it another client's bytes begin. */
  readonly seams: readonly number[]
}

const SHORT = 20
const LONG = 600
const MOST_LOST = 400
/** Streams have numbers of their own in each soak. */
const STREAMS = 2 ** 16

export function makeWay(chance: Random, { clients: count, oneShortOf, mostBefore }: WayOptions): Way {
  const clients: Client[] = []
  const arrived: number[] = []
  const pieces: Buffer[] = []
  const seams: number[] = []
  const first = 1 + chance.below(STREAMS)
  const lossOf = (most: number): number => (chance.below(3) > 0 ? chance.below(most) : 0)
  let at = 0
  for (let n = 0; n < count; n++) {
    const stream: Stream = { id: first + n, sent: 0 }
    const exact = chance.below(4) > 0
    let lost = 0
    let here = 0
    const lose = (bytes: number): void => {
      stream.sent += bytes
      lost += bytes
    }
    const pass = (bytes: number): void => {
      pieces.push(bytesOf(stream.id, stream.sent, bytes))
      stream.sent += bytes
      here += bytes
    }
    lose(lossOf(mostBefore))
    if (chance.below(8) > 0) {
      const short = chance.below(oneShortOf) === 0
      pass(short ? 1 + chance.below(SHORT) : SHORT + chance.below(LONG))
      while (chance.below(8) === 0) {
        lose(1 + chance.below(MOST_LOST))
        pass(short ? 1 + chance.below(SHORT) : SHORT + chance.below(LONG))
      }
    }
    lose(lossOf(MOST_LOST))
    // Who breaks off leaves some that nobody counts.
    if (!exact) stream.sent += lossOf(MOST_LOST)
    clients.push({ stream, lost, exact })
    arrived.push(here)
    if (here > 0) seams.push(at)
    at += here
  }
  return { clients, arrived, bytes: Buffer.concat(pieces), seams }
}
