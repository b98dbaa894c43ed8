import { flushSync } from 'svelte'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Fault } from '../../../src-main/contract/faults.ts'
import { TRAFFIC_CREDIT } from '../../../src-main/contract/recording.ts'
import { eventWords } from '../../../src-main/traffic/event-words.ts'
import { FRAME_ROWS, TEXT_ROWS } from '../../../src-main/traffic/row.ts'
import { LiveTraffic } from '../../../src-renderer/model/monitor/traffic.svelte.ts'
import type { MonitorTarget } from '../../../src-renderer/model/monitor/contract.ts'
import { begin, coreLog, FakeTurns, FakeWatch, pagesOf } from './fake-watch.ts'
import { effectRoot } from './effect-root.svelte.ts'

function opened(target: MonitorTarget = { type: 'recording', id: 'gps' }, maxBytes?: number) {
  const watch = new FakeWatch()
  const turns = new FakeTurns()
  const traffic = new LiveTraffic({ core: watch.core, target, turns, ...(maxBytes && { maxBytes }) })
  onTestFinished(() => traffic.dispose())
  flushSync()
  return { watch, turns, traffic }
}

const text = (all: string): Uint8Array => Uint8Array.from(all, (each) => each.charCodeAt(0))

function texts(traffic: LiveTraffic): string[] {
  const { table, reader } = traffic
  return Array.from({ length: table.end - table.first }, (_, i) => {
    const { content } = reader.row(table.first + i)
    return content.type === 'event'
      ? `[${eventWords(content.event).text}]`
      : String.fromCharCode(...content.bytes)
  })
}

describe('a recording in the window', () => {
  it('is asked for from its start, with the credit that large pages want', () => {
    const { watch, traffic } = opened()
    expect(watch.asked).toMatchObject([
      { topic: 'traffic', args: { id: 'gps', from: 'start' }, credit: TRAFFIC_CREDIT }
    ])
    expect(traffic.status.type).toBe('opening')
    watch.last.send(begin('a'))
    expect(traffic.status.type).toBe('live')
    expect(traffic.begin).toMatchObject({ computer: 'bench-1' })
  })

  it('is cut into rows, and tells once a frame that it grew', () => {
    const { watch, turns, traffic } = opened()
    const versions: number[] = []
    const end = effectRoot(() => versions.push(traffic.version))
    flushSync()
    watch.last.send(begin('a'))
    const log = coreLog()
    log.bytes(1e9, 'to-device', 1, text('AT\r\n'))
    for (const item of pagesOf(log)) void watch.last.send(item)
    log.bytes(2e9, 'from-device', 0, text('OK\r\n'))
    for (const item of pagesOf(log, 1)) void watch.last.send(item)
    flushSync()
    expect(versions).toEqual([0])
    turns.settle()
    flushSync()
    expect(versions).toEqual([0, 1])
    expect(texts(traffic)).toEqual(['AT\r\n', 'OK\r\n'])
    expect(turns.runFrame()).toBe(0)
    end()
  })

  it('is cut in slices, and asks for no more meanwhile', async () => {
    const { watch, turns, traffic } = opened()
    watch.last.send(begin('a'))
    const log = coreLog(1024 * 1024)
    for (let i = 0; i < 5000; i++) log.bytes(i * 1e6, 'from-device', 0, text('x\n'))
    turns.step = 3
    let isTaken = false
    const [item] = pagesOf(log)
    const taken = Promise.resolve(watch.last.send(item!)).then(() => (isTaken = true))
    await Promise.resolve()
    const first = traffic.table.end
    expect(first).toBeGreaterThan(0)
    expect(first).toBeLessThan(5000)
    turns.runFrame()
    expect(traffic.isCut).toBe(false)
    expect(isTaken).toBe(false)
    turns.settle()
    await taken
    expect(traffic.table.end).toBe(5000)
  })

  it('goes on where it was when the core comes back', () => {
    const { watch, turns, traffic } = opened()
    watch.last.send(begin('a'))
    const log = coreLog()
    log.bytes(1e9, 'from-device', 0, text('one\n'))
    for (const item of pagesOf(log)) void watch.last.send(item)
    turns.settle()
    watch.lose()
    flushSync()
    expect(traffic.status).toMatchObject({ type: 'over', fault: { code: 'peer-closed' } })
    expect(texts(traffic)).toEqual(['one\n'])
    watch.comeBack()
    flushSync()
    expect(watch.last.args).toEqual({ id: 'gps', from: { record: 1, recording: 'a' } })
    watch.last.send(begin('a', 1))
    log.bytes(2e9, 'from-device', 0, text('two\n'))
    for (const item of pagesOf(log, 1)) void watch.last.send(item)
    turns.settle()
    expect(texts(traffic)).toEqual(['one\n', 'two\n'])
    expect(traffic.status.type).toBe('live')
  })

  it('says what the ring overtook', () => {
    const { watch, turns, traffic } = opened()
    watch.last.send(begin('a'))
    const log = coreLog()
    for (const line of ['one\n', 'two\n', 'three\n', 'four\n'])
      log.bytes(1e9 * log.end, 'from-device', 0, text(line))
    const [one] = pagesOf(log)
    void watch.last.send({
      ...one!,
      page: pagesOf(coreLogOf(log, 1))[0]!.page
    })
    void watch.last.send(pagesOf(log, 3)[0]!)
    turns.settle()
    expect(texts(traffic)).toEqual(['one\n', '[10 bytes not captured (the reader came too late)]', 'four\n'])
  })

  it('keeps what is there when another recording takes its place, in the order of the clock', () => {
    const { watch, turns, traffic } = opened()
    watch.last.send(begin('a'))
    const before = coreLog(64 * 1024, 1_000_000)
    before.bytes(50_000e6, 'from-device', 0, text('before\n'))
    for (const item of pagesOf(before)) void watch.last.send(item)
    turns.settle()
    // Farport was started anew: its clock begins at 0, two minutes later.
    watch.last.send(begin('b', 7))
    const after = coreLog(64 * 1024, 1_000_000 + 170_000)
    for (let i = 0; i < 7; i++) after.bytes(1e6 * i, 'from-device', 0, text('gone\n'))
    after.bytes(1000e6, 'from-device', 0, text('after\n'))
    for (const item of pagesOf(after, 7)) void watch.last.send(item)
    after.bytes(2000e6, 'from-device', 0, text('then\n'))
    for (const item of pagesOf(after, 8)) void watch.last.send(item)
    turns.settle()
    expect(texts(traffic)).toEqual([
      'before\n',
      '[Port closed: another recording begins]',
      'after\n',
      'then\n'
    ])
    const { table, reader } = traffic
    expect(table.timeNs(2) - table.timeNs(0)).toBe(121_000e6)
    expect(reader.row(2).wallOffsetMs).toBe(1_000_000)
    watch.lose()
    flushSync()
    watch.comeBack()
    flushSync()
    expect(watch.last.args).toMatchObject({ from: { record: 9, recording: 'b' } })
  })

  it('is over when the share was removed, and asked for again when one is there', () => {
    const { watch, traffic } = opened()
    watch.last.send(begin('a'))
    watch.last.end(new Fault('peer-closed', 'It was removed.'))
    watch.isThere = false
    flushSync()
    expect(traffic.status).toMatchObject({ type: 'over', fault: { message: 'It was removed.' } })
    expect(watch.asked).toHaveLength(1)
    watch.isThere = true
    flushSync()
    expect(watch.asked).toHaveLength(2)
  })

  it('has no more than the memory that it may have, and rows go with their bytes', () => {
    const { watch, turns, traffic } = opened(undefined, 3 * 1024 * 1024 + 3 * 4096)
    watch.last.send(begin('a'))
    const log = coreLog(256 * 1024)
    const line = text(`${'x'.repeat(99)}\n`)
    for (let i = 0; i < 60_000; i++) log.bytes(i * 1e6, 'from-device', 0, line)
    for (const item of pagesOf(log)) {
      void watch.last.send(item)
      turns.settle()
    }
    expect(traffic.log.size).toBeLessThanOrEqual(3 * 1024 * 1024 + 3 * 4096)
    const { table, reader } = traffic
    expect(table.end).toBe(60_000)
    expect(table.first).toBeGreaterThan(20_000)
    expect(reader.bytes(table.first)).toEqual(line)
    // One page more, and the table has none of the rows before.
    expect(traffic.log.first).toBeLessThanOrEqual(table.record(table.first))
  })

  it('is cut anew by other rules, with the settings that were in force', () => {
    const { watch, turns, traffic } = opened()
    watch.last.send(begin('a'))
    const log = coreLog()
    log.bytes(1e9, 'from-device', 0, text('a\nb\n'))
    for (const item of pagesOf(log)) void watch.last.send(item)
    turns.settle()
    expect(texts(traffic)).toEqual(['a\n', 'b\n'])
    traffic.cutBy(FRAME_ROWS)
    expect(traffic.cut).toBe(1)
    turns.settle()
    expect(texts(traffic)).toEqual(['a\nb\n'])
    traffic.cutBy(TEXT_ROWS)
    turns.settle()
    expect(texts(traffic)).toEqual(['a\n', 'b\n'])
    expect(traffic.isCut).toBe(true)
  })
})

/** The first records of a log alone. */
function coreLogOf(log: ReturnType<typeof coreLog>, count: number): ReturnType<typeof coreLog> {
  const copy = coreLog()
  for (let record = 0; record < count; record++) {
    const page = log.pageOf(record)!
    copy.bytes(page.timeNs(record), page.direction(record), page.session(record), page.bytes(record))
  }
  return copy
}

describe('a file in the window', () => {
  it('shows the recording that is wanted, and what made no sense', () => {
    const { watch, turns, traffic } = opened({ type: 'file', name: 'both.pcapng', recording: 1 })
    expect(watch.last).toMatchObject({ topic: 'capture', args: { name: 'both.pcapng' } })
    const log = coreLog()
    log.bytes(1e9, 'from-device', 0, text('far\n'))
    const near = coreLog()
    near.bytes(1e9, 'from-device', 0, text('near\n'))
    watch.last.send({ type: 'begin', recording: 0, name: 'near', isOwn: true })
    watch.last.send({ ...pagesOf(near)[0]!, recording: 0 })
    watch.last.send({ type: 'begin', recording: 1, name: 'far', isOwn: true })
    expect(traffic.status.type).toBe('reading')
    void watch.last.send({ ...pagesOf(log)[0]!, recording: 1 })
    watch.last.send({ type: 'end', problems: ['a line'] })
    watch.last.end()
    turns.settle()
    expect(texts(traffic)).toEqual(['far\n'])
    expect(traffic.status).toEqual({ type: 'read', problems: ['a line'] })
    expect(traffic.recordings.map(({ name }) => name)).toEqual(['near', 'far'])
    expect(traffic.begin).toMatchObject({ name: 'far' })
  })
})
