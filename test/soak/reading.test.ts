import { describe, expect, it } from 'vitest'
import { Random } from '../random.ts'
import { Follower } from './follower.ts'
import { readSeams } from './reading.ts'
import { unexplained, type Client } from './readings.ts'
import { bytesOf } from './stream.ts'
import { makeWay, type Way } from './way.ts'

const SEED = 20_771

/** As a network delivers it. */
const CHUNK = 777

/** Bytes that no account explains. */
function judge(clients: readonly Client[], bytes: Buffer): number {
  const streams = clients.map(({ stream }) => stream)
  const follower: Follower = new Follower(() => {
    const at = Math.max(0, follower.current ? streams.indexOf(follower.current) : 0)
    return [...streams.slice(at), ...streams.slice(0, at)]
  })
  for (let at = 0; at < bytes.length; at += CHUNK) follower.receive(bytes.subarray(at, at + CHUNK))
  follower.end()
  readSeams(follower, clients)
  return clients.reduce((sum, client) => {
    const { arrived, position } = follower.tally(client.stream.id)
    return sum + unexplained(client, arrived, position)
  }, follower.alien)
}

const ways = (count: number, clients: number, seed = SEED): Way[] => {
  const chance = new Random(seed)
  return Array.from({ length: count }, () => makeWay(chance, { clients, oneShortOf: 100, mostBefore: 4000 }))
}

/** A client that sent so much, of which so much was lost; with `brokeOff` the rest may be with its system. */
const client = (id: number, sent: number, lost: number, brokeOff = false): Client => ({
  stream: { id, sent },
  lost,
  exact: !brokeOff
})

/** The first place from `from` on where the two streams say the same. */
function samePlace(first: number, second: number, from: number): number {
  for (let at = from; ; at++) if (bytesOf(first, at, 1).equals(bytesOf(second, at, 1))) return at
}

describe('whose the bytes are where one client follows another', () => {
  it('explains all of them, whatever was lost at the beginning, in the middle and at the end', () => {
    for (const { clients, bytes } of ways(100, 40)) expect(judge(clients, bytes)).toBe(0)
  })

  it.each([1, 2, 3, 15])('knows whose %i bytes between two are, by who lacks them', (size) => {
    for (let at = 500; at < 600; at++) {
      const clients = [client(1, 1500, 500), client(2, 5000, 5000 - size), client(3, 6000, 4000)]
      const bytes = [bytesOf(1, 0, 1000), bytesOf(2, at, size), bytesOf(3, 4000, 2000)]
      expect(judge(clients, Buffer.concat(bytes))).toBe(0)
    }
  })

  it.each([
    ['the second broke off', false, true],
    ['the first broke off', true, false],
    ['both left in order', false, false]
  ])('gives a byte that both say to the one who lacks it: %s', (_what, firstBrokeOff, secondBrokeOff) => {
    const seam = samePlace(1, 2, 500)
    const left = (brokeOff: boolean): number => (brokeOff ? 100 : 0)
    for (const cut of [seam, seam + 1]) {
      const clients = [
        client(1, cut + left(firstBrokeOff), 0, firstBrokeOff),
        client(2, 2000 + left(secondBrokeOff), cut, secondBrokeOff)
      ]
      expect(judge(clients, Buffer.concat([bytesOf(1, 0, cut), bytesOf(2, cut, 2000 - cut)]))).toBe(0)
    }
  })
})

describe('what no reading explains', () => {
  const cases = ways(50, 8, SEED + 1)
  const chance = new Random(SEED + 2)

  /** Of these clients each byte must be somewhere. Near the seams as often as elsewhere, for there it could hide. */
  function* places(): Generator<{ way: Way; at: number }> {
    for (const way of cases)
      for (let n = 0; n < 6; n++) {
        const writers = way.clients.filter((_, index) => (way.arrived[index] ?? 0) > 0)
        const turn = chance.below(writers.length)
        if (!writers[turn]?.exact) continue
        const [begin = 0, end = way.bytes.length] = [way.seams[turn], way.seams[turn + 1]]
        yield { way, at: chance.pick([begin, end - 1, begin + chance.below(end - begin)]) }
      }
  }

  /** What share of such faults the accounts do not show. */
  function hiddenOf(fault: (bytes: Buffer, at: number) => Buffer[]): number {
    const judged = [...places()].map(({ way, at }) => judge(way.clients, Buffer.concat(fault(way.bytes, at))))
    expect(judged.length).toBeGreaterThan(150)
    return judged.filter((bytes) => bytes === 0).length / judged.length
  }

  it('is a byte that was dropped', () => {
    expect(hiddenOf((bytes, at) => [bytes.subarray(0, at), bytes.subarray(at + 1)])).toBeLessThan(0.02)
  })

  it('is a byte that came twice, unless somebody who broke off may have said it just there', () => {
    expect(hiddenOf((bytes, at) => [bytes.subarray(0, at + 1), bytes.subarray(at)])).toBeLessThan(0.15)
  })

  it.each([
    [1, 0.15],
    [2, 0.03],
    [20, 0]
  ])('is a loss of %i bytes that is counted for the neighbour', (size, most) => {
    const judged = cases.flatMap(({ clients, bytes }) =>
      clients.slice(1).flatMap((neighbour, n) => {
        const wronged = clients[n]
        if (!wronged?.exact || wronged.lost < size) return []
        const counted = clients
          .with(n, { ...wronged, lost: wronged.lost - size })
          .with(n + 1, { ...neighbour, lost: neighbour.lost + size })
        return [judge(counted, bytes)]
      })
    )
    expect(judged.length).toBeGreaterThan(150)
    expect(judged.filter((bytes) => bytes === 0).length / judged.length).toBeLessThanOrEqual(most)
  })
})
