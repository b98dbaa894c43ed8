import { describe, expect, it } from 'vitest'
import { PIECE_SIZE, READ_SIZE, SLAB_SIZE, SMALLEST_PIECE, Slab, reading } from '../../src-main/os/slab.ts'

describe('a slab', () => {
  it('offers the same piece until something is taken', () => {
    const slab = new Slab()
    const piece = slab.next()
    expect(piece.length).toBe(PIECE_SIZE)
    expect(slab.next().byteOffset).toBe(piece.byteOffset)
    expect(slab.next().buffer).toBe(piece.buffer)
  })

  it.each([1, 7, 100, 511, 512, 1000, 4095, PIECE_SIZE])(
    'never writes again to what was taken, reading %i bytes at a time',
    (size) => {
      const slab = new Slab()
      const taken: Buffer[] = []
      for (let i = 0; i < (3 * SLAB_SIZE) / size; i++) {
        const piece = slab.next()
        expect(piece.length).toBeGreaterThanOrEqual(SMALLEST_PIECE)
        const length = Math.min(size, piece.length)
        piece.fill(i, 0, length)
        taken.push(slab.take(length))
      }
      for (const [i, each] of taken.entries()) expect(each.every((byte) => byte === (i & 0xff))).toBe(true)
      expect(new Set(taken.map((each) => each.buffer)).size).toBeGreaterThanOrEqual(3)
    }
  )

  it('refuses to hand on more than it offered', () => {
    const slab = new Slab()
    expect(() => slab.take(1)).toThrow(RangeError)
    slab.next()
    expect(() => slab.take(PIECE_SIZE + 1)).toThrow(RangeError)
  })
})

describe('reading', () => {
  it.each([1, 100, PIECE_SIZE, PIECE_SIZE + 1, READ_SIZE])(
    'never writes again to what was handed on, two readers in turn, %i bytes at a time',
    (size) => {
      const chunks: Buffer[] = []
      const readers = [reading((chunk) => chunks.push(chunk)), reading((chunk) => chunks.push(chunk))]
      for (let i = 0; i < (3 * SLAB_SIZE) / size; i++) {
        const reader = readers[i % 2]!
        reader.buffer.fill(i, 0, size)
        expect(reader.callback(size)).toBe(true)
      }
      for (const [i, each] of chunks.entries()) {
        const whole = each.length === size && each.every((byte) => byte === (i & 0xff))
        if (!whole) expect.unreachable(`chunk ${i} was written again`)
      }
    }
  )
})
