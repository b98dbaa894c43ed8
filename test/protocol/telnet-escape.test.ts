import { describe, expect, it } from 'vitest'
import { doubleIacs, undouble } from '../../src-main/protocol/telnet-escape.ts'

/** Byte by byte, as RFC 854 says it. */
const doubled = (bytes: Uint8Array): Uint8Array =>
  Uint8Array.from([...bytes].flatMap((byte) => (byte === 255 ? [255, 255] : [byte])))

/** Runs of 0xFF with something before and behind, at each place in a word. */
const cases = [0, 1, 2, 3].flatMap((before) =>
  [1, 2, 7, 8, 15, 16, 17, 18, 19, 20, 21, 33, 64, 1000].flatMap((run) =>
    [0, 1, 5, 40].map((behind) => ({ before, run, behind }))
  )
)

describe('0xFF among data', () => {
  it.each(cases)('in a run of $run behind $before and before $behind: doubled and back', (each) => {
    const { before, run, behind } = each
    const part = [...Array<number>(before).fill(1), ...Array<number>(run).fill(255)]
    const once = Uint8Array.from([...part, ...Array<number>(behind).fill(2)])
    const bytes = Uint8Array.from([...once, ...once, ...once])
    // At every alignment of the buffer itself.
    for (const offset of [0, 1, 2, 3]) {
      const place = new Uint8Array(bytes.length + offset).subarray(offset)
      place.set(bytes)
      expect(doubleIacs(place)).toEqual(doubled(bytes))
    }
    const sent = doubled(bytes.subarray(before))
    expect(undouble(sent, 1)).toEqual({ plain: bytes.subarray(before), end: sent.length })
  })

  it.each([1, 2, 16, 17, 40, 41])('ends at a command behind %i of them', (run) => {
    const sent = Uint8Array.from([...Array<number>(2 * run).fill(255), 7, 255, 243, 255])
    expect(undouble(sent, 1)).toEqual({
      plain: Uint8Array.from([...Array<number>(run).fill(255), 7]),
      end: 2 * run + 1
    })
    // The same with the command right behind the run, and with the run cut off in the middle of a pair.
    const close = Uint8Array.from([...Array<number>(2 * run + 1).fill(255), 243])
    expect(undouble(close, 1)).toEqual({ plain: new Uint8Array(run).fill(255), end: 2 * run })
    expect(undouble(close.subarray(0, -1), 1).end).toBe(2 * run)
  })
})
