/** When the sockets of discovery say that all is to be said again. By the real port, on loopback alone. */
import { networkInterfaces } from 'node:os'
import { describe, expect, it } from 'vitest'
import { Sockets } from '../../src-main/peers/discovery/sockets.ts'
import { FakeClock } from '../fake-clock.ts'
import { eventually } from '../eventually.ts'

const LOOK_MS = 2500

describe('sockets of discovery', () => {
  it('a computer that slept says it all again, whichever of its clocks stood still', async () => {
    const clock = new FakeClock()
    let wallMs = 1_000_000
    const { lo = [] } = networkInterfaces()
    const sockets = new Sockets({
      ...{ clock, interfaces: ['lo'], onTrouble: (text) => expect.fail(text) },
      ...{ list: () => ({ lo }), wallMs: () => wallMs }
    })
    const fresh: string[][] = []
    sockets.onChannels((change) => fresh.push(change.fresh.map(({ key }) => key).sort()))
    const pass = async (monotonicMs: number, byWallMs: number): Promise<string[][]> => {
      wallMs += byWallMs
      await clock.advance(monotonicMs)
      return fresh.splice(0)
    }
    try {
      await eventually(() => expect(fresh.flat()).toHaveLength(new Set(lo.map(({ family }) => family)).size))
      const all = fresh.splice(0).flat().sort()
      expect(await pass(LOOK_MS, LOOK_MS)).toEqual([])
      // Linux: the monotonic clock does not run on.
      expect(await pass(LOOK_MS, LOOK_MS + 3_600_000)).toEqual([all])
      expect(await pass(LOOK_MS, LOOK_MS)).toEqual([])
      // The wall clock is set back, and by a little: no sleep.
      expect(await pass(LOOK_MS, -3_600_000)).toEqual([])
      expect(await pass(LOOK_MS, LOOK_MS + 4000)).toEqual([])
    } finally {
      sockets.dispose()
    }
    expect(clock.pending).toBe(0)
  })
})
