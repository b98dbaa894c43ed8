import { flushSync } from 'svelte'
import { describe, expect, it } from 'vitest'
import { FakeDesk } from './fake-desk.ts'
import { effectRoot } from './effect-root.svelte.ts'

describe('a desk without a core', () => {
  it('cuts what it is given, and tells that it grew', () => {
    const desk = new FakeDesk()
    const counts: number[] = []
    const end = effectRoot(() => counts.push(desk.shown.count))
    flushSync()
    desk.traffic.bytes('to-device', 'AT\r\n')
    flushSync()
    desk.traffic.bytes('from-device', 'OK\r\nREADY\r\n', 5)
    flushSync()
    expect(counts).toEqual([0, 1, 3])
    expect(desk.traffic.reader.row(2).content).toMatchObject({ direction: 'from-device' })
    desk.reveal(1)
    expect(desk).toMatchObject({ selected: 1, isFollowing: false })
    end()
  })
})
