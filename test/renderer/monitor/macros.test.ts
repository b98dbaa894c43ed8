import { describe, expect, it } from 'vitest'
import { MAX_MACROS, type Macro, Macros } from '../../../src-renderer/model/monitor/macros.svelte.ts'
import { MacroRun } from '../../../src-renderer/model/monitor/macros-run.svelte.ts'
import type { Shelf } from '../../../src-renderer/model/monitor/send-history.ts'
import { HandClock, settle } from './hand-clock.ts'

function shelf(text?: string): Shelf & { text: string | undefined } {
  const it: Shelf & { text: string | undefined } = {
    text,
    get: () => it.text,
    set: (_, next) => (it.text = next)
  }
  return it
}

function made(kept: Shelf = shelf()): Macros {
  let id = 0
  return new Macros(kept, () => String(++id))
}

const macro = (name: string, fields: Partial<Macro> = {}): Omit<Macro, 'id'> => ({
  name,
  mode: 'text',
  text: `AT+${name}`,
  check: 'none',
  ending: 'crlf',
  ...fields
})
const names = ({ list }: Macros): readonly string[] => list.map(({ name }) => name)

describe('macros', () => {
  it('are added, changed, moved, removed and brought back', () => {
    const macros = made()
    const [a] = ['a', 'b', 'c'].map((name) => macros.add(macro(name)))
    macros.move('3', -1)
    macros.move('1', -1)
    expect(names(macros)).toEqual(['a', 'c', 'b'])
    macros.change({ ...a!, name: 'A' })
    const undo = macros.remove('3')
    expect(names(macros)).toEqual(['A', 'b'])
    undo()
    expect(names(macros)).toEqual(['A', 'c', 'b'])
  })

  it('are kept, and nothing broken among them comes back', () => {
    const kept = shelf()
    made(kept).add(macro('a', { repeat: { everyMs: 100, times: 0 } }))
    expect(made(kept).list).toEqual([{ ...macro('a', { repeat: { everyMs: 100, times: 0 } }), id: '1' }])
    const sound = JSON.stringify([macro('a'), { name: 'b' }, macro('', {}), 7])
    expect(names(made(shelf(sound)))).toEqual(['a'])
    expect(names(made(shelf('{')))).toEqual([])
  })

  it('go to another browser as a file, where those that are there already are left out', () => {
    const macros = made()
    macros.add(macro('a'))
    macros.add(macro('b', { mode: 'hex', text: '01', check: 'modbus', ending: 'none' }))
    const file = macros.toJson()
    const other = made()
    other.add(macro('b', { mode: 'hex', text: '01', check: 'modbus', ending: 'none' }))
    expect(other.addJson(file)).toBe(1)
    expect(names(other)).toEqual(['b', 'a'])
    expect(other.addJson(file)).toBe(0)
  })

  it('refuse a file with what is wrong with it, and take nothing of it', () => {
    const macros = made()
    const file = (...all: unknown[]): string => JSON.stringify({ 'farport-macros': 1, macros: all })
    expect(() => macros.addJson('hello')).toThrow('no file of macros')
    expect(() => macros.addJson('{"macros":[]}')).toThrow('no file of macros')
    expect(() => macros.addJson(file(macro('a'), { ...macro('b'), ending: 'x' }))).toThrow('Macro 2')
    expect(() => macros.addJson(file(macro('a', { repeat: { everyMs: 0, times: 1 } })))).toThrow('Macro 1')
    const many = Array.from({ length: MAX_MACROS + 1 }, (_, at) => macro(String(at)))
    expect(() => macros.addJson(file(...many))).toThrow('No more than')
    expect(names(macros)).toEqual([])
  })
})

describe('a macro that is repeated', () => {
  const bytes = Uint8Array.of(1)
  const repeated = (everyMs: number, times: number): Macro => ({
    ...macro('a', { repeat: { everyMs, times } }),
    id: '1'
  })

  it('is sent so often, at its pace', async () => {
    const clock = new HandClock()
    const at: number[] = []
    const run = new MacroRun(() => Promise.resolve(at.push(clock.nowMs()) > 0), clock)
    const over = run.start(repeated(100, 3), bytes)
    await clock.advance(1000)
    await over
    expect(at).toEqual([1000, 1100, 1200])
    expect(run.running).toBeUndefined()
  })

  it('waits for the device, and makes up for nothing', async () => {
    const clock = new HandClock()
    const at: number[] = []
    const run = new MacroRun(async () => {
      at.push(clock.nowMs())
      await new Promise<void>((resolve) => clock.after(at.length === 1 ? 350 : 10, resolve))
      return true
    }, clock)
    const over = run.start(repeated(100, 3), bytes)
    await clock.advance(1000)
    await over
    expect(at).toEqual([1000, 1350, 1450])
  })

  it('goes on until it is stopped, or was not taken', async () => {
    const clock = new HandClock()
    let count = 0
    const run = new MacroRun(() => Promise.resolve(++count < 7), clock)
    void run.start(repeated(10, 0), bytes)
    await clock.advance(25)
    expect(run.running).toEqual({ id: '1', name: 'a', done: 3, times: 0 })
    run.stop()
    await clock.advance(100)
    expect([count, run.running, clock.pending]).toEqual([3, undefined, 0])
    void run.start(repeated(10, 0), bytes)
    await clock.advance(1000)
    expect([count, run.running]).toEqual([7, undefined])
  })

  it('ends the one before it', async () => {
    const clock = new HandClock()
    const sent: number[] = []
    const run = new MacroRun(([byte = 0]) => Promise.resolve(sent.push(byte) > 0), clock)
    void run.start(repeated(10, 0), Uint8Array.of(1))
    await settle()
    void run.start(repeated(10, 2), Uint8Array.of(2))
    await clock.advance(100)
    expect(sent).toEqual([1, 2, 2])
    expect(run.running).toBeUndefined()
  })
})
