import fc from 'fast-check'
import { expect, it } from 'vitest'
import { RowSet } from '../../src-main/traffic/filter/row-set.ts'

const row = fc.oneof(fc.nat(200), fc.nat(40_000), fc.constantFrom(4095, 4096, 8191, 8192, 31, 32))
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ is: fc.constant('add' as const), row }) },
  { weight: 2, arbitrary: fc.record({ is: fc.constant('delete' as const), row }) },
  { weight: 1, arbitrary: fc.record({ is: fc.constant('range' as const), row, to: row }) },
  { weight: 1, arbitrary: fc.record({ is: fc.constant('drop' as const), row }) }
)

it('is what a sorted array of its rows is', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.array(row, { maxLength: 10 }), (steps, asked) => {
      const set = new RowSet()
      let expected: number[] = []
      let first = 0
      for (const each of steps) {
        if (each.is === 'add') {
          set.add(each.row)
          if (each.row >= first && !expected.includes(each.row)) expected.push(each.row)
        } else if (each.is === 'delete') {
          set.delete(each.row)
          expected = expected.filter((other) => other !== each.row)
        } else if (each.is === 'range') {
          set.deleteRange(each.row, each.to)
          expected = expected.filter((other) => other < each.row || other >= each.to)
        } else {
          set.dropBefore(each.row)
          first = Math.max(first, each.row)
          expected = expected.filter((other) => other >= first)
        }
        expect(set.count).toBe(expected.length)
      }
      expected.sort((a, b) => a - b)
      expect(Array.from({ length: set.count }, (_, index) => set.at(index))).toEqual(expected)
      for (const one of [...asked, ...expected]) {
        expect(set.has(one)).toBe(expected.includes(one))
        expect(set.indexOf(one)).toBe(expected.filter((other) => other < one).length)
        expect(set.next(one)).toBe(expected.find((other) => other > one))
        expect(set.previous(one)).toBe(expected.findLast((other) => other < one))
      }
      expect(() => set.at(set.count)).toThrow(RangeError)
    }),
    { numRuns: 300 }
  )
})
