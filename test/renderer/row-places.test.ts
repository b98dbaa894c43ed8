import { describe, expect, it } from 'vitest'
import { drawnRows, nextRange, oddRows, RowPlaces, within } from '../../src-renderer/model/row-places.ts'
import { rowStep } from '../../src-renderer/model/row-step.ts'

const items = Array.from({ length: 100 }, (_, at) => ({ key: `row ${at}` }))
const none = (): boolean => false

describe('the places of rows', () => {
  const odd = [
    { at: 2, height: 30 },
    { at: 5, height: 130 }
  ]

  it('are one below the other, whatever height they have', () => {
    const places = new RowPlaces(8, 10, odd)
    const heights = Array.from({ length: 8 }, (_, at) => odd.find((each) => each.at === at)?.height ?? 10)
    for (let at = 0, top = 0; at <= 8; top += heights[at++] ?? 0) expect(places.topOf(at)).toBe(top)
    expect(places.height).toBe(220)
  })

  it('are found again by every height in them', () => {
    const places = new RowPlaces(8, 10, odd)
    for (let px = 0; px < places.height; px++) {
      const at = places.rowAt(px)
      expect(places.topOf(at)).toBeLessThanOrEqual(px)
      expect(places.topOf(at + 1)).toBeGreaterThan(px)
    }
    expect(places.rowAt(-5)).toBe(0)
    expect(places.rowAt(5000)).toBe(7)
  })

  it.each([
    { top: 0, bottom: 25, range: { first: 0, end: 3 } },
    { top: -100, bottom: 0, range: { first: 0, end: 0 } },
    { top: -100, bottom: 1, range: { first: 0, end: 1 } },
    { top: 210, bottom: 900, range: { first: 7, end: 8 } },
    { top: 220, bottom: 900, range: { first: 8, end: 8 } }
  ])('between $top and $bottom px are $range', ({ top, bottom, range }) => {
    expect(new RowPlaces(8, 10, odd).between(top, bottom)).toEqual(range)
  })

  it('of an empty list are nowhere', () => {
    expect(new RowPlaces(0, 10).between(0, 100)).toEqual({ first: 0, end: 0 })
    expect(new RowPlaces(0, 10).height).toBe(0)
  })

  it('know heights by key, wherever the row is now', () => {
    expect(oddRows(items.slice(3), new Map([['row 5', 130], ['gone', 1]]))).toEqual([{ at: 2, height: 130 }]) // prettier-ignore
  })
})

describe('what is drawn', () => {
  const seen = { first: 50, end: 58 }
  const wanted = { first: 47, end: 61 }
  const kept = { first: 45, end: 63 }
  const next = (drawn: { first: number; end: number }) => nextRange(drawn, seen, wanted, kept, 2)

  it('after a jump is what is seen, and some each frame until all that is near is there', () => {
    let drawn = next({ first: 0, end: 14 })
    expect(drawn).toEqual({ first: 50, end: 60 })
    const frames = [drawn]
    while (drawn !== (drawn = next(drawn))) frames.push(drawn)
    expect(frames).toHaveLength(3)
    expect(drawn).toEqual(wanted)
  })

  it('stays where it is while nothing is missing and little too much', () => {
    const drawn = { first: 44, end: 62 }
    expect(next(drawn)).toBe(drawn)
    expect(next({ first: 42, end: 62 })).toEqual({ first: 45, end: 62 })
  })

  it('always has what is seen, and never more than is kept', () => {
    for (let first = 0; first < 100; first += 3)
      for (let end = first; end < 100; end += 7) {
        const drawn = next({ first, end })
        expect(drawn.first).toBeLessThanOrEqual(seen.first)
        expect(drawn.end).toBeGreaterThanOrEqual(seen.end)
        expect(drawn.first).toBeGreaterThanOrEqual(kept.first - 2)
        expect(drawn.end).toBeLessThanOrEqual(kept.end + 2)
      }
  })

  it('of a list that has become shorter is its end', () => {
    expect(within({ first: 50, end: 60 }, 55)).toEqual({ first: 45, end: 55 })
    expect(within({ first: 50, end: 60 }, 4)).toEqual({ first: 0, end: 4 })
  })

  it('are rows of the range, and of others those that must not go, in order and in their places', () => {
    const places = new RowPlaces(100, 10)
    const others = ['row 90', 'row 3', 'row 21', 'gone']
    const rows = drawnRows(items, places, { first: 20, end: 23 }, others, (key) => key !== 'row 3')
    expect(rows.map(({ at, top }) => [at, top])).toEqual([
      [20, 200],
      [21, 210],
      [22, 220],
      [90, 900]
    ])
    expect(drawnRows(items, places, { first: 20, end: 23 }, others, none)).toHaveLength(3)
  })
})

describe('the keys from row to row', () => {
  const pressed = (key: string, held = {}) => ({
    ...{ key, defaultPrevented: false, ctrlKey: false, altKey: false, metaKey: false, shiftKey: false },
    ...held
  })

  it.each([
    { key: 'ArrowDown', at: 5, to: 6 },
    { key: 'ArrowDown', at: 99, to: 99 },
    { key: 'ArrowUp', at: 0, to: 0 },
    { key: 'PageDown', at: 5, to: 12 },
    { key: 'PageDown', at: 96, to: 99 },
    { key: 'PageUp', at: 5, to: 0 },
    { key: 'Home', at: 50, to: 0 },
    { key: 'End', at: 50, to: 99 }
  ])('$key leads from $at to $to', ({ key, at, to }) => {
    expect(rowStep(pressed(key), at, 100, 7)?.to).toBe(to)
  })

  it('are those alone, and not those of the browser', () => {
    expect(rowStep(pressed('a'), 0, 100, 7)).toBeUndefined()
    for (const held of [{ ctrlKey: true }, { altKey: true }, { metaKey: true }, { defaultPrevented: true }])
      expect(rowStep(pressed('End', held), 0, 100, 7)).toBeUndefined()
  })
})
