import { flushSync } from 'svelte'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DeskDecoding } from '../../../src-renderer/model/monitor/decoding.svelte.ts'
import { FilteredRows } from '../../../src-renderer/model/monitor/filter.svelte.ts'
import { FakeDesk } from './fake-desk.ts'
import { TestTurns } from './test-turns.ts'

describe('find', () => {
  let desk: FakeDesk
  let turns: TestTurns
  let rows: FilteredRows
  let decoding: DeskDecoding

  beforeEach(() => {
    desk = new FakeDesk()
    turns = new TestTurns()
    decoding = new DeskDecoding(desk.traffic, desk.options, turns)
    rows = new FilteredRows(desk.traffic, desk.options, decoding, { turns })
    for (const line of ['one two one', 'three', 'one', 'four', 'two one']) add(line)
  })
  afterEach(() => {
    rows.dispose()
    decoding.dispose()
  })

  function add(line: string): void {
    desk.traffic.bytes('from-device', `${line}\n`)
  }

  function settle(): void {
    flushSync()
    turns.settle()
    flushSync()
  }

  async function next(row: number | undefined, isBack = false): Promise<number | undefined> {
    const found = rows.find.next(row, isBack)
    settle()
    return found
  }

  it('goes to the next and the one before, and around; the newest first', async () => {
    rows.find.text = 'one'
    settle()
    expect(rows.find.count).toBe(3)
    expect(await next(undefined)).toBe(4)
    expect(await next(4, true)).toBe(2)
    expect(await next(2)).toBe(4)
    expect(await next(4)).toBe(0)
    expect(await next(0, true)).toBe(4)
    expect(rows.find.placeOf(2)).toBe(2)
    expect(rows.find.placeOf(1)).toBeUndefined()
  })

  it('marks each place in a row, by text and by bytes', () => {
    rows.find.text = 'one'
    settle()
    expect(rows.found(0)).toEqual([
      { from: 0, to: 3 },
      { from: 8, to: 11 }
    ])
    expect(rows.found(1)).toEqual([])
    rows.find.text = 'hex:74 ?? 6f'
    settle()
    expect(rows.found(4)).toEqual([{ from: 0, to: 3 }])
  })

  it('looks in what is shown alone, and goes on with what comes', async () => {
    desk.options.filter = 'two'
    rows.find.text = 'one'
    settle()
    expect(rows.find.count).toBe(2)
    add('one and two')
    settle()
    expect(rows.find.count).toBe(3)
    expect(await next(4)).toBe(5)
  })

  it('says what is wrong, and that there is none', async () => {
    rows.find.text = '/(/'
    settle()
    expect(rows.find.problem?.message).toMatch(/^This is no expression/)
    rows.find.text = 'nowhere'
    settle()
    expect(rows.find.problem).toBeUndefined()
    expect(await next(undefined)).toBeUndefined()
  })
})
