import { describe, expect, it } from 'vitest'
import { Follower, type Tally } from './follower.ts'
import { slopePerHour } from './slope.ts'
import { bytesOf, type Stream } from './stream.ts'

const first: Stream = { id: 1, sent: 5000 }
const second: Stream = { id: 2, sent: 5000 }
const third: Stream = { id: 3, sent: 5000 }

function follow(...pieces: Buffer[]): Follower {
  const follower = new Follower(() => [third, second, first])
  const all = Buffer.concat(pieces)
  // In uneven pieces, as a network delivers them.
  for (let at = 0, size = 1; at < all.length; at += size, size = (size * 7 + 3) % 201)
    follower.receive(all.subarray(at, at + size))
  follower.end()
  return follower
}

const heard = (tallies: ReadonlyMap<number, Tally>): number =>
  [...tallies.values()].reduce((sum, { arrived }) => sum + arrived, 0)

describe('who gets pieces of streams', () => {
  it('knows all of them, in one or in pieces of any size', () => {
    const { tallies, alien } = follow(bytesOf(1, 0, 5000))
    expect(tallies.get(1)).toEqual({ arrived: 5000, position: 5000, skippedAtStart: 0, skippedLater: 0 })
    expect(alien).toBe(0)
  })

  it.each([0, 1, 15, 16, 17, 1000])('finds a hole of %i bytes', (hole) => {
    const { tallies, alien } = follow(bytesOf(1, 0, 2000), bytesOf(1, 2000 + hole, 3000 - hole))
    expect(tallies.get(1)).toMatchObject({ arrived: 5000 - hole, position: 5000, skippedLater: hole })
    expect(alien).toBe(0)
  })

  it('knows a single byte that came twice', () => {
    for (let at = 500; at < 600; at++)
      expect(follow(bytesOf(1, 0, at), bytesOf(1, at - 1, 2000)).alien).toBe(1)
  })

  it('follows another one that takes over, wherever either of them stops and begins', () => {
    for (let cut = 900; cut < 1300; cut++) {
      const { tallies, alien, seams } = follow(bytesOf(1, 0, cut), bytesOf(2, 77, 2000))
      const doubtful = seams.reduce((sum, { back }) => sum + back, 0)
      expect(tallies.get(1)!.arrived).toBeGreaterThanOrEqual(cut - doubtful)
      expect(tallies.get(1)!.arrived + tallies.get(2)!.arrived).toBe(cut + 2000)
      expect(tallies.get(2)!.skippedAtStart).toBeLessThanOrEqual(77)
      expect(alien).toBe(0)
    }
  })

  it.each([1, 3, 10, 15])('places %i bytes of another one between two', (size) => {
    const { tallies, alien } = follow(bytesOf(1, 0, 1000), bytesOf(2, 0, size), bytesOf(3, 500, 2000))
    expect(alien).toBe(0)
    expect(heard(tallies)).toBe(3000 + size)
    if (size > 3) expect(tallies.get(2)).toMatchObject({ arrived: size })
  })

  it.each([1, 3, 10, 15])('places %i bytes between two holes', (size) => {
    const { tallies, alien } = follow(bytesOf(1, 0, 1000), bytesOf(1, 1100, size), bytesOf(1, 1200, 2000))
    expect(alien).toBe(0)
    expect(tallies.get(1)).toMatchObject({ arrived: 3000 + size, skippedLater: 200 - size })
  })

  it.each([
    ['doubled', [bytesOf(1, 0, 1000), bytesOf(1, 900, 2000)]],
    [
      'out of order',
      [bytesOf(1, 0, 1000), bytesOf(1, 1100, 500), bytesOf(1, 1000, 100), bytesOf(1, 1600, 900)]
    ],
    ['doubled once', [bytesOf(1, 0, 1000), Buffer.alloc(100, bytesOf(1, 999, 1)), bytesOf(1, 1000, 900)]],
    ['damaged', [bytesOf(1, 0, 1000), Buffer.alloc(100, 7), bytesOf(1, 1100, 900)]],
    ['from elsewhere', [bytesOf(1, 0, 1000), bytesOf(4, 0, 100), bytesOf(1, 1000, 900)]]
  ])('finds what is %s', (_what, pieces) => {
    expect(follow(...pieces).alien).toBe(100)
  })
})

it('finds a slope, whatever the noise around it', () => {
  const samples = Array.from({ length: 100 }, (_, n) => [n * 1000, 7 + n + (n % 2)] as const)
  expect(slopePerHour(samples)).toBeCloseTo(3600, -1)
  expect(slopePerHour([[0, 5]])).toBe(0)
})
