import { describe, expect, it } from 'vitest'
import { byName, naturalOrder } from '../../src-main/base/natural-order.ts'

describe('the order of names', () => {
  it.each([
    ['counts', ['console-10', 'console-2', 'console-1'], ['console-1', 'console-2', 'console-10']],
    ['has capital letters beside small ones', ['b', 'C', 'a', 'A'], ['a', 'A', 'b', 'C']],
    ['puts paths by their last number', ['/dev/ttyUSB10', '/dev/ttyUSB9'], ['/dev/ttyUSB9', '/dev/ttyUSB10']]
  ])('%s', (_, names, ordered) => {
    expect(names.toSorted(naturalOrder)).toEqual(ordered)
    expect(names.toReversed().sort(naturalOrder)).toEqual(ordered)
  })

  it('is one for texts that count the same, whatever comes first', () => {
    expect(['port-01', 'port-1'].sort(naturalOrder)).toEqual(['port-1', 'port-01'].sort(naturalOrder))
    expect(naturalOrder('same', 'same')).toBe(0)
  })

  it('is that of things by their names', () => {
    expect([{ name: 'com10' }, { name: 'com9' }].sort(byName)).toEqual([{ name: 'com9' }, { name: 'com10' }])
  })
})
