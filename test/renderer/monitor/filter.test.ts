import { flushSync } from 'svelte'
import { afterEach, describe, expect, it } from 'vitest'
import { TEXT_ROWS } from '../../../src-main/traffic/row.ts'
import { DeskDecoding } from '../../../src-renderer/model/monitor/decoding.svelte.ts'
import { FilteredRows } from '../../../src-renderer/model/monitor/filter.svelte.ts'
import type { Filtering } from '../../../src-renderer/model/monitor/contract.ts'
import { Expressions, type Thread } from '../../../src-renderer/model/monitor/filter-expressions.ts'
import { answer, type Answer, type Question } from '../../../src-renderer/model/monitor/filter-question.ts'
import { encodeRtu } from '../../../src-main/protocol/modbus-rtu.ts'
import { FRAME_ROWS } from '../../../src-main/traffic/row.ts'
import { FakeDesk } from './fake-desk.ts'
import { TestTurns } from './test-turns.ts'

/** Answers at once, in the place of a thread. */
function thread(): Thread {
  const made: Thread = {
    onmessage: null,
    onerror: null,
    postMessage: (question: Question) =>
      queueMicrotask(() => made.onmessage?.({ data: answer(question) } as MessageEvent<Answer>)),
    terminate: () => undefined
  }
  queueMicrotask(() => made.onmessage?.({ data: undefined } as MessageEvent<undefined>))
  return made
}

class Bench {
  readonly turns = new TestTurns()
  readonly desk: FakeDesk
  readonly decoding: DeskDecoding
  readonly rows: FilteredRows

  constructor(rules = TEXT_ROWS) {
    this.desk = new FakeDesk({ rules })
    const { traffic, options } = this.desk
    this.decoding = new DeskDecoding(traffic, options, this.turns)
    this.rows = new FilteredRows(traffic, options, this.decoding, {
      turns: this.turns,
      expressions: new Expressions(thread)
    })
    this.settle()
  }

  filter(text: string): void {
    this.desk.options.filter = text
    this.settle()
  }

  settle(): void {
    flushSync()
    this.turns.settle()
    flushSync()
  }

  /** Until what a thread is asked is answered too. */
  async settled(): Promise<void> {
    for (let round = 0; round < 20; round++) {
      this.settle()
      await Promise.resolve()
    }
  }

  lines(...lines: string[]): void {
    for (const line of lines) this.desk.traffic.bytes('from-device', `${line}\n`)
    this.settle()
  }

  dispose(): void {
    this.rows.dispose()
    this.decoding.dispose()
  }
}

let bench: Bench
afterEach(() => bench.dispose())

function shown(rows: Filtering): number[] {
  return Array.from({ length: rows.count }, (_, index) => rows.rowAt(index))
}

describe('the rows that stand in the list', () => {
  it('are all without a filter, those that fit with one, and follow what comes', () => {
    bench = new Bench()
    bench.lines('one', 'two', 'one more', 'three')
    expect(shown(bench.rows)).toEqual([0, 1, 2, 3])
    bench.filter('one')
    expect(shown(bench.rows)).toEqual([0, 2])
    expect(bench.rows.indexOf(1)).toBe(1)
    expect(bench.rows.matching).toBe(2)
    bench.lines('four', 'one again')
    expect(shown(bench.rows)).toEqual([0, 2, 5])
    bench.filter('')
    expect(shown(bench.rows)).toHaveLength(6)
    expect(bench.rows.matching).toBeUndefined()
  })

  it('are dim where the others are to stay', () => {
    bench = new Bench()
    bench.lines('one', 'two')
    bench.desk.options.filterMode = 'dim'
    bench.filter('one')
    expect(shown(bench.rows)).toEqual([0, 1])
    expect([bench.rows.isDim(0), bench.rows.isDim(1)]).toEqual([false, true])
  })

  it('stay as they are while something is half typed, and its place is told', () => {
    bench = new Bench()
    bench.lines('one', 'two')
    bench.filter('one')
    bench.filter('one len>')
    expect(shown(bench.rows)).toEqual([0])
    expect(bench.rows.problem).toMatchObject({
      column: 9,
      message: expect.stringMatching(/^Here must.*\.$/) as string
    })
    bench.filter('one len>1')
    expect(bench.rows.problem).toBeUndefined()
  })

  it('are cut anew with the traffic', () => {
    bench = new Bench()
    bench.lines('one', 'two one')
    bench.filter('one')
    bench.desk.traffic.cutBy({ length: 4 })
    bench.settle()
    expect(shown(bench.rows)).toEqual([0, 2])
  })

  it('may be chosen by an expression, which runs elsewhere', async () => {
    bench = new Bench()
    bench.lines('one', 'two', 'One')
    bench.filter('/^o.e$/im')
    await bench.settled()
    expect(shown(bench.rows)).toEqual([0, 2])
  })

  it('are found by what a decoder says, and it is told where none does', () => {
    bench = new Bench(FRAME_ROWS)
    for (const code of [3, 6, 3]) {
      bench.desk.traffic.bytes('to-device', encodeRtu(1, Uint8Array.of(code, 0, 1, 0, 2)), 100)
      bench.desk.traffic.event({ type: 'marker', number: 1, text: '' })
    }
    bench.filter('fc:3')
    expect(bench.rows.problem?.message).toMatch(/^fc is what a decoder says.*Modbus RTU, Modbus ASCII\.$/)
    bench.desk.options.decoder = 'modbus-rtu'
    bench.settle()
    expect(bench.rows.problem).toBeUndefined()
    // The last one may go on.
    expect(shown(bench.rows)).toEqual([0])
    bench.desk.traffic.bytes('from-device', encodeRtu(1, Uint8Array.of(6, 0, 1, 0, 2)), 100)
    bench.settle()
    expect(shown(bench.rows)).toEqual([0, 4])
  })
})

describe('a filter over many rows', { timeout: 30_000 }, () => {
  it('shows the newest first, in slices that end', () => {
    bench = new Bench()
    const line = Uint8Array.from('value=17 unit=3 ok\n'.repeat(3000), (each) => each.charCodeAt(0))
    for (let at = 0; at < 8; at++) bench.desk.traffic.bytes('from-device', line)
    bench.desk.traffic.bytes('from-device', 'last\n')
    bench.settle()
    const { table } = bench.desk.traffic
    bench.desk.options.filter = 'dir:rx'
    flushSync()
    // Nothing but the first slice, and the newest are there.
    expect(bench.rows.count).toBeGreaterThan(100)
    expect(bench.rows.rowAt(bench.rows.count - 1)).toBe(table.end - 1)
    bench.settle()
    expect(bench.rows.count).toBe(table.end)
    expect(bench.rows.isSearching).toBe(false)
  })
})
