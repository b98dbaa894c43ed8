import { flushSync } from 'svelte'
import { describe, expect, it, onTestFinished } from 'vitest'
import { FRAME_ROWS } from '../../../src-main/traffic/row.ts'
import { Desk, rulesFor } from '../../../src-renderer/model/monitor/desk.svelte.ts'
import type { OptionStore } from '../../../src-renderer/model/monitor/view-options.svelte.ts'
import { begin, coreLog, FakeTurns, FakeWatch, pagesOf } from './fake-watch.ts'

class FakeStore implements OptionStore {
  readonly all = new Map<string, string>()
  getItem(key: string): string | null {
    return this.all.get(key) ?? null
  }
  setItem(key: string, value: string): void {
    this.all.set(key, value)
  }
}

function opened(store = new FakeStore()) {
  const watch = new FakeWatch()
  const turns = new FakeTurns()
  const desk = new Desk({
    core: watch.core,
    target: { type: 'recording', id: 'gps' },
    name: 'gps',
    store,
    turns
  })
  onTestFinished(() => desk.dispose())
  flushSync()
  return { watch, turns, desk, store }
}

describe('a desk', () => {
  it('keeps how it is shown, and the next one of the same target begins so', () => {
    const { desk, store } = opened()
    desk.options.view = 'hex'
    desk.options.time = 'previous'
    desk.options.rules = { gapMs: 5, start: Uint8Array.of(0x3a), newline: true }
    desk.options.decoder = 'modbus-rtu'
    desk.options.filter = 'dir:rx'
    flushSync()
    const { desk: other } = opened(store)
    expect(other.options.view).toBe('hex')
    expect(other.options.time).toBe('previous')
    expect(other.options.rules).toEqual({ gapMs: 5, start: Uint8Array.of(0x3a), newline: true })
    expect(other.options.decoder).toBe('modbus-rtu')
    expect(other.options.filter).toBe('dir:rx')
  })

  it.each([
    'nonsense',
    '[]',
    'null',
    '{"view":"","time":7,"rules":{"gapMs":-1,"length":1e9,"start":[256],"end":"x"},"decoder":"constructor"}'
  ])('begins as usual with what makes no sense: %s', (kept) => {
    const store = new FakeStore()
    store.all.set('monitor recording gps', kept)
    const { desk } = opened(store)
    const { view, time, decoder, filter, filterMode, rules } = desk.options
    expect({ view, time, decoder, filter, filterMode }).toEqual({
      view: 'lines',
      time: 'clock',
      decoder: undefined,
      filter: '',
      filterMode: 'hide'
    })
    expect([{}, 'auto']).toContainEqual(rules)
  })

  it('works where the browser keeps nothing', () => {
    const store = new FakeStore()
    const fail = (): never => {
      throw new DOMException('full', 'QuotaExceededError')
    }
    store.setItem = fail
    store.getItem = fail
    const { desk } = opened(store)
    desk.options.view = 'hex'
    flushSync()
    expect(desk.options.view).toBe('hex')
  })

  it('cuts as the view and the decoder want it', () => {
    const { watch, turns, desk } = opened()
    watch.last.send(begin('a'))
    const log = coreLog()
    log.bytes(
      1e9,
      'from-device',
      0,
      Uint8Array.from('a\nb\n', (each) => each.charCodeAt(0))
    )
    for (const item of pagesOf(log)) void watch.last.send(item)
    turns.settle()
    flushSync()
    expect(desk.shown.count).toBe(2)
    desk.selected = 1
    desk.options.view = 'hex'
    flushSync()
    turns.settle()
    flushSync()
    expect(desk.shown.count).toBe(1)
    expect(desk.traffic.cut).toBe(1)
    // Rows that are cut the same way stay.
    desk.options.decoder = 'modbus-rtu'
    flushSync()
    expect(desk.traffic.cut).toBe(1)
    expect(rulesFor(desk.options)).toBe(FRAME_ROWS)
  })

  it('finds again what was meant when rows are cut otherwise', () => {
    const { watch, turns, desk } = opened()
    watch.last.send(begin('a'))
    const log = coreLog()
    const told = (text: string, timeNs: number): void =>
      log.bytes(
        timeNs,
        'from-device',
        0,
        Uint8Array.from(text, (each) => each.charCodeAt(0))
      )
    told('a\nb\n', 1e9)
    told('c\nd\n', 9e9)
    told('e\n', 19e9)
    for (const item of pagesOf(log)) void watch.last.send(item)
    turns.settle()
    flushSync()
    expect(desk.shown.count).toBe(5)
    Object.assign(desk, { selected: 3, selectedFrom: 0, pausedAt: 4, clearedAt: 1 })
    desk.options.view = 'hex'
    flushSync()
    expect([desk.selected, desk.pausedAt]).toEqual([undefined, undefined])
    turns.settle()
    flushSync()
    expect(desk.shown.count).toBe(3)
    const { selected, selectedFrom, pausedAt, clearedAt } = desk
    expect({ selected, selectedFrom, pausedAt, clearedAt }).toEqual({
      selected: 1,
      selectedFrom: 0,
      pausedAt: 2,
      clearedAt: 1
    })
  })

  it('brings a row into sight and ends following', () => {
    const { desk } = opened()
    desk.reveal(7)
    expect(desk).toMatchObject({ selected: 7, isFollowing: false, revealed: { row: 7 } })
  })
})
