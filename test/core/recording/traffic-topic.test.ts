import { describe, expect, it } from 'vitest'
import {
  MAX_PEER_WATCHES,
  MAX_TRAFFIC_PAGE,
  READINGS_AT_FULL_PACE,
  TRAFFIC_CREDIT,
  TRAFFIC_PACE_MS
} from '../../../src-main/contract/recording.ts'
import type { PeerWatcher } from '../../../src-main/core/recording/traffic-topic.ts'
import { watched } from './watchers.ts'

const peer = (history: () => boolean = () => true): PeerWatcher => ({
  id: 'ab',
  mayReadHistory: history,
  seenPort: (port) => `seen ${port}`
})

describe('whoever watches a recording', () => {
  it('is told what it is, has what is held, and then what comes', async () => {
    const { clock, say, watch, settle } = watched()
    say('one ')
    const one = watch()
    expect(one.begins()).toEqual([
      {
        ...{ type: 'begin', id: 's1', name: 'Desk', port: '/dev/ttyS9', computer: 'bench' },
        ...{ recording: expect.stringMatching(/^[0-9a-f]{16}$/) as string, first: 0, next: 1, from: 0 }
      }
    ])
    expect(one.text()).toBe('one ')
    say('two ')
    await clock.advance(1)
    say('three')
    await settle()
    expect(one.text()).toBe('one two three')
    expect(one.pages().map(({ first, bytesBefore }) => [first, bytesBefore])).toEqual([
      [0, 0],
      [1, 4],
      [2, 8]
    ])
  })

  it('is told no more often than a window can show', async () => {
    const { clock, say, watch } = watched()
    const one = watch()
    for (let ms = 0; ms < 1000; ms++) {
      say('x')
      await clock.advance(1)
    }
    await clock.advance(16)
    expect(one.text()).toHaveLength(1000)
    expect(one.pages().length).toBeLessThanOrEqual(66)
  })

  it('is told less often where more are watched than can be told so often, and of everything', async () => {
    const { clock, say, watch, settle } = watched()
    const times = 3
    const all = Array.from({ length: times * READINGS_AT_FULL_PACE }, () => watch('now'))
    for (let ms = 0; ms < 1000; ms++) {
      say('x')
      await clock.advance(1)
    }
    const pages = all.map((each) => each.pages().length)
    expect(Math.max(...pages)).toBeLessThanOrEqual(1000 / (times * TRAFFIC_PACE_MS) + 2)
    expect(Math.min(...pages)).toBeGreaterThan(1000 / (times * TRAFFIC_PACE_MS) / 2)
    await clock.advance(times * TRAFFIC_PACE_MS)
    for (const each of all) expect(each.text()).toHaveLength(1000)
    // Alone again, it is told as often as ever.
    for (const each of all.slice(1)) each.subscription.end()
    say('y')
    await clock.advance(times * TRAFFIC_PACE_MS)
    const before = all[0]!.pages().length
    for (let ms = 0; ms < 1000; ms++) {
      say('x')
      await clock.advance(1)
    }
    expect(all[0]!.pages().length - before).toBeGreaterThan(50)
    await settle()
    expect(all[0]!.text()).toHaveLength(2001)
  })

  it('begins where it wants to', async () => {
    const { clock, say, watch, settle } = watched()
    for (const text of ['a', 'b', 'c', 'd']) {
      say(text)
      await clock.advance(1000)
    }
    const { recording } = watch().begins()[0]!
    const texts = [
      watch('now'),
      watch({ lastMs: 2500 }),
      watch({ lastMs: 1 }),
      watch({ lastMs: 60_000 }),
      watch({ record: 1, recording }),
      watch({ record: 99, recording }),
      watch({ record: 1, recording: 'another' })
    ]
    say('e')
    await settle()
    expect(texts.map((each) => each.text())).toEqual(['e', 'cde', 'e', 'abcde', 'bcde', 'e', 'abcde'])
    expect(texts.map((each) => each.begins()[0]?.from)).toEqual([4, 2, 4, 0, 1, 4, 0])
  })

  it('gets pages that are small enough, and a record that is not by itself', async () => {
    const { at, clock, watch, settle } = watched({ slabBytes: 4 * MAX_TRAFFIC_PAGE })
    const chunk = new Uint8Array(60_000)
    for (let n = 0; n < 20; n++) at.recorder!.bytes(clock.nowMs(), 'to-device', 1, chunk)
    at.recorder!.bytes(clock.nowMs(), 'to-device', 1, new Uint8Array(300_000))
    for (let n = 0; n < 30_000; n++) at.recorder!.bytes(clock.nowMs(), 'to-device', 1, chunk.subarray(0, 1))
    const one = watch()
    await settle()
    const pages = one.pages()
    const numbers = pages.flatMap(({ first, count }) => Array.from({ length: count }, (_, n) => first + n))
    expect(numbers).toEqual(Array.from({ length: at.recorder!.log.end }, (_, n) => n))
    for (const page of pages)
      if (page.count > 1) expect(page.memory.length).toBeLessThanOrEqual(MAX_TRAFFIC_PAGE)
    expect(pages.reduce((sum, page) => sum + page.lineBytes, 0)).toBe(20 * 60_000 + 300_000 + 30_000)
  })

  it('and is slow costs nothing, sees what it missed, and nobody else notices', async () => {
    const { at, clock, watch, settle } = watched({ ringBytes: 4 * 65_536 })
    const [slow, quick] = [watch('start', 1), watch('start', 1_000_000)]
    const chunk = new Uint8Array(1000)
    for (let n = 0; n < 2000; n++) {
      at.recorder!.bytes(clock.nowMs(), 'from-device', 0, chunk)
      if (n % 100 === 99) await clock.advance(20)
    }
    await settle()
    expect(slow.items.map(({ type }) => type)).toEqual(['begin'])
    expect(quick.pages().reduce((sum, page) => sum + page.lineBytes, 0)).toBe(2_000_000)
    slow.subscription.add(1_000_000)
    await settle()
    const [first] = slow.pages()
    const events = slow.seen().filter((each) => (each as { event?: unknown }).event)
    expect(first!.first).toBe(at.recorder!.log.first)
    expect(first!.first).toBeGreaterThan(1000)
    // It began in the middle: what came before is no gap, and the number says how much there was.
    expect(events).toEqual([])
    const bytes = slow.pages().reduce((sum, page) => sum + page.lineBytes, 0)
    expect(first!.bytesBefore + bytes).toBe(2_000_000)
  })

  it('is overtaken in the middle, and a log of what it was sent says by how much', async () => {
    const { at, clock, watch, settle } = watched({ ringBytes: 4 * 65_536 })
    const one = watch('start', 2)
    at.recorder!.bytes(clock.nowMs(), 'from-device', 0, new Uint8Array(10))
    await settle()
    expect(one.items).toHaveLength(2)
    for (let n = 0; n < 1000; n++) at.recorder!.bytes(clock.nowMs(), 'from-device', 0, new Uint8Array(1000))
    one.subscription.add(1000)
    await settle()
    const missed = one.seen().flatMap((each) => (each as { event?: unknown }).event ?? [])
    const { first, bytesBefore } = one.pages()[1]!
    expect(first).toBeGreaterThan(700)
    expect(missed).toEqual([
      { type: 'missed', records: first - 1, bytes: bytesBefore - 10, why: 'the reader came too late' }
    ])
  })

  it('has much to catch up with, and leaves time for others', async () => {
    const { at, clock, watch, settle } = watched({ ringBytes: 8_000_000 })
    for (let n = 0; n < 3000; n++) at.recorder!.bytes(clock.nowMs(), 'from-device', 0, new Uint8Array(1000))
    const one = watch('start', 1_000_000)
    expect(one.pages()).toHaveLength(TRAFFIC_CREDIT)
    await settle()
    await settle()
    expect(one.pages().reduce((sum, page) => sum + page.lineBytes, 0)).toBe(3_000_000)
  })

  it('sees that it was cleared, and goes on', async () => {
    const { at, say, watch, settle } = watched()
    say('before')
    const one = watch('start', 1)
    at.recorder!.clear()
    say('after')
    one.subscription.add(10)
    await settle()
    expect(one.text()).toBe('after')
    expect(one.pages()[0]!.first).toBe(1)
  })

  it('goes on with another recording that takes its place', async () => {
    const { at, say, watch, settle, changed, newRecorder } = watched()
    say('old')
    const one = watch()
    at.recorder = newRecorder()
    changed()
    say('new')
    await settle()
    expect(one.begins().map(({ first, from }) => [first, from])).toEqual([
      [0, 0],
      [0, 0]
    ])
    expect(new Set(one.begins().map(({ recording }) => recording)).size).toBe(2)
    expect(one.text()).toBe('oldnew')
  })

  it('ends with the share, and then costs nothing', async () => {
    const { at, say, topic, watch, settle, changed } = watched()
    const one = watch()
    expect(topic.count).toBe(1)
    const recorder = at.recorder!
    at.recorder = undefined
    changed()
    expect(one.ends).toMatchObject([{ code: 'peer-closed' }])
    expect(topic.count).toBe(0)
    recorder.bytes(0, 'from-device', 0, Buffer.from('x'))
    say('x')
    await settle()
    expect(one.pages()).toEqual([])
  })

  it('has all that came before its share was removed, however little it can take at once', async () => {
    const { at, changed, clock, say, topic, watch, settle } = watched()
    const [one, slow] = [watch('start', 1), watch('start', 3)]
    const quick = watch()
    await clock.advance(100)
    say('one ')
    await clock.advance(1)
    say('two ')
    const recorder = at.recorder!
    at.recorder = undefined
    recorder.dispose()
    changed()
    expect(quick.text()).toBe('one two ')
    expect([quick, slow, one].map(({ ends }) => ends.length)).toEqual([1, 1, 0])
    one.subscription.add(1)
    await settle()
    expect([slow, one].map((each) => each.text())).toEqual(['one two ', 'one two '])
    expect(one.ends).toMatchObject([{ code: 'peer-closed' }])
    expect(topic.count).toBe(0)
    expect(recorder.log.size).toBe(0)
  })

  it('leaves, and is sent nothing more', async () => {
    const { clock, say, topic, watch, settle } = watched()
    const one = watch()
    say('one')
    one.subscription.end()
    await settle()
    expect([one.text(), topic.count, clock.pending]).toEqual(['', 0, 0])
  })

  it('is told where there is nothing to watch', () => {
    const { at, watch } = watched()
    at.recorder = undefined
    expect(() => watch()).toThrow(/Desk has not run yet/)
  })
})

describe('a peer that watches', () => {
  it('has what passed before it came only where it may', async () => {
    const { say, watch, settle } = watched()
    say('before ')
    const [one, two] = [
      watch(
        'start',
        10,
        peer(() => false)
      ),
      watch('start', 10, peer())
    ]
    say('after')
    await settle()
    expect([one.text(), two.text()]).toEqual(['after', 'before after'])
    expect(one.begins()).toMatchObject([{ port: 'seen /dev/ttyS9', first: 1, from: 1, noHistory: true }])
    expect(two.begins()).toMatchObject([{ port: 'seen /dev/ttyS9', first: 0, from: 0 }])
    expect(two.begins()[0]).not.toHaveProperty('noHistory')
  })

  it('has no more of it from the moment it may not', async () => {
    const { say, watch, settle } = watched()
    let history = true
    say('before ')
    const one = watch(
      'start',
      1,
      peer(() => history)
    )
    expect(one.items).toHaveLength(1)
    history = false
    say('after')
    one.subscription.add(10)
    await settle()
    expect(one.text()).toBe('after')
  })

  it('sees others by the names of paired computers alone', async () => {
    const { at, changed, watch, settle, clock } = watched()
    const recorder = at.recorder!
    const one = watch('start', 10, peer())
    at.sessions = [
      { id: 1, label: 'workshop', peer: 'cd' },
      { id: 2, label: '192.0.2.7:50112' }
    ]
    changed()
    const now = (): number => clock.nowMs()
    recorder.event(now(), { type: 'attached', session: 1, label: 'workshop' })
    recorder.bytes(now(), 'to-device', 1, Buffer.from('x'))
    recorder.event(now(), { type: 'attached', session: 2, label: '192.0.2.7:50112' })
    recorder.event(now(), { type: 'break', session: 0, label: 'this computer', durationMs: 3 })
    recorder.event(now(), {
      ...{ type: 'control', step: 'taken', session: 1, label: 'workshop', from: '192.0.2.7:50112' }
    })
    recorder.event(now(), {
      ...{ type: 'control', step: 'taken', session: 2, label: '192.0.2.7:50112', from: 'workshop' }
    })
    recorder.event(now(), { type: 'port', state: 'closed', why: 'EIO on /home/ann/x' })
    recorder.event(now(), { type: 'lost', direction: 'to-device', session: 2, bytes: 7, why: 'ann' })
    recorder.event(now(), {
      type: 'detached',
      session: 2,
      label: '192.0.2.7:50112',
      why: 'reset by 192.0.2.7'
    })
    recorder.mark('here')
    at.sessions = []
    changed()
    recorder.event(now(), { type: 'detached', session: 1, label: 'workshop', why: 'closed' })
    await settle()
    expect(JSON.stringify(one.seen())).not.toMatch(/192|ann|EIO|this computer/)
    expect(one.seen().map((each) => (each as { event?: unknown }).event)).toEqual([
      { type: 'attached', session: 1, label: 'workshop' },
      undefined,
      { type: 'attached', session: 2, label: 'another client' },
      { type: 'break', session: 0, label: 'bench', durationMs: 3 },
      { type: 'control', step: 'taken', session: 1, label: 'workshop', from: 'another client' },
      { type: 'control', step: 'taken', session: 2, label: 'another client', from: 'workshop' },
      { type: 'port', state: 'closed' },
      { type: 'lost', direction: 'to-device', session: 2, bytes: 7, why: 'not taken' },
      { type: 'detached', session: 2, label: 'another client' },
      { type: 'marker', number: 1, text: 'here' },
      { type: 'detached', session: 1, label: 'workshop' }
    ])
    const [page] = one.pages()
    expect([page!.first, page!.count, page!.bytesBefore, page!.lineBytes]).toEqual([0, 11, 0, 1])
  })

  it('watches no more than so much at once', () => {
    const { watch } = watched()
    const all = Array.from({ length: MAX_PEER_WATCHES }, () => watch('now', 10, peer()))
    expect(() => watch('now', 10, peer())).toThrow(/No more than 8/)
    all[0]!.subscription.end()
    watch('now', 10, peer())
    watch('now', 10, { ...peer(), id: 'cd' })
    watch('now')
  })
})
