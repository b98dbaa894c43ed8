import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { difference, isPatch, patched, type Tree } from '../../src-main/rpc/tree-patch.ts'

const field = fc.oneof(fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor', 'toString'), fc.string())
const { node } = fc.letrec<{ node: Tree; value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(0, 1, null, 'x', '', false),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('node')
  ),
  node: fc.array(fc.tuple(field, tie('value')), { maxLength: 5 }).map((fields) => Object.fromEntries(fields))
}))

describe('a patch', () => {
  it('makes the one tree of the other, and changes neither', () => {
    fc.assert(
      fc.property(node, node, (before, after) => {
        const copies = JSON.stringify([before, after])
        const patch = difference(before, after)
        expect(patch === undefined || isPatch(patch)).toBe(true)
        expect(sorted(patched(before, patch ?? {}))).toBe(sorted(after))
        expect(JSON.stringify([before, after])).toBe(copies)
        expect(difference(before, patched(before, {}))).toBeUndefined()
      }),
      { numRuns: 3000 }
    )
  })

  it('is small, and leaves what is the same as it is', () => {
    const before = { share: { name: 'a', lines: ['x'], since: 5 }, other: { deep: { er: 1 } } }
    const after = {
      share: { name: 'a', lines: ['x'], since: undefined },
      other: { deep: { er: 2 } },
      more: null
    }
    const patch = difference(before, after)
    expect(patch).toEqual({
      set: { more: null },
      into: { share: { gone: ['since'] }, other: { into: { deep: { set: { er: 2 } } } } }
    })
    expect(patched(before, { into: { other: { set: { x: 1 } } } }).share).toBe(before.share)
  })

  it('never reaches the prototype of anything', () => {
    const hostile = JSON.parse(
      '{"set":{"__proto__":{"polluted":1}},"into":{"constructor":{"set":{"x":1}}}}'
    ) as object
    const result = patched({}, hostile)
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype)
    expect(Object.keys(result)).toEqual(['__proto__', 'constructor'])
    expect((Object as unknown as Record<string, unknown>).x).toBeUndefined()
  })

  it.each([
    undefined,
    1,
    [],
    { set: 1 },
    { gone: {} },
    { gone: [1] },
    { into: [] },
    { into: { a: { set: [] } } }
  ])('is not %j', (value) => {
    expect(isPatch(value)).toBe(false)
  })
})

/** The order of fields means nothing. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1))
      : each
  )
}
