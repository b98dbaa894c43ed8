import { describe, expect, it } from 'vitest'
import { MAX_PAST_OF_ONE, PastNotices } from '../../../src-main/core/instance/past-notices.ts'
import { MAX_PAST_NOTICES, type NoticeLine } from '../../../src-main/contract/topics.ts'

const line = (id: string, n: number): NoticeLine => ({
  timeMs: n,
  level: 'debug',
  subject: id,
  id,
  text: String(n)
})

describe('the notices of before', () => {
  it('are the last ones, in order', () => {
    const past = new PastNotices()
    for (let n = 0; n < 5; n++) past.add(line('desk', n))
    expect(past.last(3).map(({ text }) => text)).toEqual(['2', '3', '4'])
    expect(past.last(0)).toEqual([])
    expect(past.last(500)).toHaveLength(5)
  })

  it('of one that tells much leave room for the others', () => {
    const past = new PastNotices()
    past.add(line('quiet', 0))
    for (let n = 0; n < 10_000; n++) past.add(line('busy', n))
    const lines = past.last(MAX_PAST_NOTICES)
    expect(lines).toHaveLength(MAX_PAST_OF_ONE + 1)
    expect(lines[0]?.id).toBe('quiet')
    expect(lines.at(-1)?.text).toBe('9999')
  })

  it('are no more than so many, and whoever has most of them loses its oldest', () => {
    const past = new PastNotices()
    past.add(line('quiet', 0))
    for (let n = 0; n < 40; n++) for (let share = 0; share < 20; share++) past.add(line(`s${share}`, n))
    const lines = past.last(MAX_PAST_NOTICES)
    expect(lines).toHaveLength(MAX_PAST_NOTICES)
    expect(lines.filter(({ id }) => id === 'quiet')).toHaveLength(1)
    for (let share = 0; share < 20; share++)
      expect(lines.filter(({ id }) => id === `s${share}`).length).toBeGreaterThanOrEqual(20)
  })
})
