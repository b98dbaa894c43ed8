import { describe, expect, it } from 'vitest'
import { WallOffset } from '../../src-main/capture/wall-offset.ts'

const START_MS = 1_700_000_000_000

/** Both clocks; `waits`: what the process waits for its turn behind each look at the wall clock, in ms. */
function rig(waits: number[] = []) {
  const at = { monotonicMs: 0, wallMs: START_MS }
  const wall = new WallOffset({
    nowMs: () => at.monotonicMs,
    wallMs: () => {
      const seen = Math.floor(at.wallMs)
      const waited = waits.shift() ?? 0
      at.monotonicMs += waited
      at.wallMs += waited
      return seen
    },
    originMs: START_MS
  })
  return { at, wall, waits }
}

describe('the distance of both clocks', () => {
  it('stays where they differ by how they are read', () => {
    const { at, wall } = rig()
    at.wallMs += 19
    expect([wall.look(), wall.ms]).toEqual([false, START_MS])
  })

  it('is another one when the wall clock was set, or the computer slept', () => {
    const { at, wall } = rig()
    at.wallMs += 3_600_000
    expect([wall.look(), wall.ms]).toEqual([true, START_MS + 3_600_000.5])
    expect(wall.look()).toBe(false)
    at.wallMs -= 60_000
    expect([wall.look(), wall.ms]).toEqual([true, START_MS + 3_540_000.5])
  })

  it('is the same where the process had to wait between the looks at them', () => {
    const { wall, waits } = rig()
    waits.push(40)
    expect([wall.look(), wall.ms]).toEqual([false, START_MS])
  })

  it('is found the next time where the process waits again and again', () => {
    const { at, wall, waits } = rig()
    at.wallMs += 3_600_000
    waits.push(40, 40, 40, 40, 40, 40)
    expect(wall.look()).toBe(false)
    expect([wall.look(), wall.ms]).toEqual([true, START_MS + 3_600_000.5])
  })
})
