import fc from 'fast-check'
import { expect, it } from 'vitest'
import { RingPool, type Ring } from '../../src-main/capture/ring-pool.ts'

const SLAB = 1024

function makePool(slabs: number, ringSlabs = 50): RingPool {
  return new RingPool({
    wallOffsetMs: () => 0,
    slabBytes: SLAB,
    maxBytes: slabs * SLAB,
    ringBytes: ringSlabs * SLAB
  })
}

/** So many bytes in chunks of 100, and how many slabs it has then. */
function fill({ log }: Ring, bytes: number): number {
  for (let at = 0; at < bytes; at += 100) log.bytes(at, 'from-device', 0, new Uint8Array(100))
  return slabs(log)
}

const slabs = (log: Ring['log']): number => log.pages.filter(({ memory }) => memory.length === SLAB).length

it('gives each ring its own limit', () => {
  const pool = makePool(100, 5)
  const ring = pool.open()
  fill(ring, 20_000)
  expect(ring.log.pages).toHaveLength(5)
  expect(pool.size).toBe(5 * SLAB)
  ring.close()
  expect(pool.size).toBe(0)
  expect(ring.log.pages).toHaveLength(0)
})

it('begins with a small page, which counts for nothing', () => {
  const pool = makePool(1)
  const ring = pool.open()
  ring.log.bytes(0, 'from-device', 0, Uint8Array.of(1))
  expect(ring.log.size).toBe(SLAB / 2)
  expect(pool.size).toBe(0)
})

it('takes from the largest for one that has less than its fair share', () => {
  const pool = makePool(8)
  const [a, b, c] = [pool.open(), pool.open(), pool.open()]
  expect(fill(a, 20_000)).toBe(8)
  expect(fill(b, 20_000)).toBe(4)
  expect(slabs(a.log)).toBe(4)
  // Two each of eight is not everything: what is left over stays where it is.
  expect(fill(c, 20_000)).toBe(2)
  expect(slabs(a.log) + slabs(b.log)).toBe(6)
  expect(pool.size).toBe(8 * SLAB)
  b.close()
  c.close()
  expect(fill(a, 20_000)).toBe(8)
})

it('has a page for everybody, also where there are more rings than slabs', () => {
  const pool = makePool(2)
  const rings = Array.from({ length: 10 }, () => pool.open())
  for (const ring of rings) fill(ring, 3000)
  for (const { log } of rings) expect(log.lineBytes).toBeGreaterThan(0)
  expect(pool.size).toBeLessThanOrEqual(2 * SLAB)
})

it('gives back at once what is above a smaller limit', () => {
  const pool = makePool(8)
  const [a, b] = [pool.open(), pool.open()]
  fill(a, 20_000)
  fill(b, 20_000)
  pool.limit(4 * SLAB)
  expect(pool.maxBytes).toBe(4 * SLAB)
  expect(pool.size).toBe(4 * SLAB)
  expect([slabs(a.log), slabs(b.log)]).toEqual([2, 2])
})

it('loses no byte without counting it, whoever writes when', () => {
  const step = fc.record({ ring: fc.nat(4), bytes: fc.integer({ min: 1, max: 3000 }), act: fc.nat(19) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 12 }), (steps, most) => {
      const pool = makePool(most, 6)
      const rings = Array.from({ length: 5 }, () => pool.open())
      const written = rings.map(() => 0)
      for (const { ring, bytes, act } of steps) {
        const { log } = rings[ring]!
        if (act === 0) log.clear()
        else if (act === 1) log.newPage()
        else {
          log.bytes(0, 'to-device', 1, new Uint8Array(bytes))
          written[ring]! += bytes
        }
        expect(pool.size).toBe(rings.reduce((sum, each) => sum + slabs(each.log), 0) * SLAB)
        expect(pool.size).toBeLessThanOrEqual(most * SLAB)
      }
      rings.forEach(({ log }, ring) => {
        const [first] = log.pages
        const last = log.pages.at(-1)
        // Given up before the first page, and held from there on.
        if (first) expect(first.bytesBefore + log.lineBytes).toBe(written[ring])
        expect(last?.count === 0).toBe(false)
        expect(log.pages.length).toBeLessThanOrEqual(6)
      })
    })
  )
})
