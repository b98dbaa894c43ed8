/** A core that a window watches recordings of: the test says what it sends, and when it is lost. */
import { SvelteMap } from 'svelte/reactivity'
import { Fault } from '../../../src-main/contract/faults.ts'
import type { CaptureItem, TrafficItem } from '../../../src-main/contract/recording.ts'
import { TrafficLog } from '../../../src-main/traffic/log.ts'
import { copyRecords } from '../../../src-main/traffic/page-writer.ts'
import type { Core } from '../../../src-renderer/core.svelte.ts'
import type { Turns } from '../../../src-renderer/model/monitor/turns.ts'

export type AnyItem = TrafficItem | CaptureItem

export interface Asked {
  readonly topic: string
  readonly args: unknown
  readonly credit: number | undefined
  send(item: AnyItem): unknown
  end(fault?: Fault): void
  isLeft: boolean
}

export class FakeWatch {
  readonly asked: Asked[] = []
  readonly #values = new SvelteMap<string, unknown>([
    ['open', true],
    ['there', true]
  ])
  readonly core: Core

  constructor() {
    const isOpen = (): boolean => this.#values.get('open') === true
    const isThere = (): boolean => this.#values.get('there') === true
    const bridges = { gps: { name: 'gps', recording: { on: true, bytes: 0, records: 0, size: 0 } } }
    this.core = {
      get status() {
        return isOpen() ? { type: 'open' } : { type: 'lost', since: 0, fault: GONE }
      },
      get tree() {
        return { bridges: isThere() ? bridges : {}, rotators: {} }
      },
      notices: [],
      subscribe: (
        topic: string,
        args: unknown,
        item: Asked['send'],
        ended: Asked['end'],
        options?: { credit?: number }
      ) => {
        const asked: Asked = { topic, args, credit: options?.credit, send: item, end: ended, isLeft: false }
        this.asked.push(asked)
        return { dispose: () => (asked.isLeft = true) }
      }
    } as unknown as Core
  }

  get last(): Asked {
    return this.asked.at(-1)!
  }

  /** The connection is gone: what was asked ends, as the real one does it. */
  lose(): void {
    this.last.end(GONE)
    this.#values.set('open', false)
  }

  comeBack(): void {
    this.#values.set('open', true)
  }

  set isThere(isThere: boolean) {
    this.#values.set('there', isThere)
  }
}

const GONE = new Fault('peer-closed', 'Farport is gone.')

/** Work waits until the test lets it run; each `nowMs` is a millisecond later than the one before, where `step` says so. */
export class FakeTurns implements Turns {
  step = 0
  #now = 0
  #soon: (() => void)[] = []
  #frames: (() => void)[] = []

  nowMs(): number {
    return (this.#now += this.step)
  }

  soon(call: () => void): void {
    this.#soon.push(call)
  }

  frame(call: () => void): { dispose: () => void } {
    this.#frames.push(call)
    return { dispose: () => (this.#frames = this.#frames.filter((each) => each !== call)) }
  }

  /** Answers whether there was anything to do. */
  runSoon(): boolean {
    const calls = this.#soon.splice(0)
    for (const call of calls) call()
    return calls.length > 0
  }

  runFrame(): number {
    const calls = this.#frames.splice(0)
    for (const call of calls) call()
    return calls.length
  }

  settle(): void {
    while (this.runSoon());
    this.runFrame()
  }
}

/** A log of the core's side. */
export function coreLog(pageBytes = 64 * 1024, wallOffsetMs = 1_795_000_000_000): TrafficLog {
  return new TrafficLog({
    store: { take: () => new Uint8Array(pageBytes), give: () => undefined },
    maxPages: 1000,
    wallOffsetMs: () => wallOffsetMs
  })
}

/** As items: what stands in a log from this record on. */
export function pagesOf(log: TrafficLog, from = log.first): Extract<TrafficItem, { type: 'page' }>[] {
  return log.pages
    .filter((page) => page.first + page.count > from)
    .map((page) => ({
      type: 'page',
      page: copyRecords(page, Math.max(0, from - page.first), page.count)
    }))
}

export function begin(recording: string, from = 0, next = 0): Extract<TrafficItem, { type: 'begin' }> {
  const names = { id: 'gps', name: 'gps', port: '/dev/ttyUSB0', computer: 'bench-1' }
  return { type: 'begin', ...names, recording, first: from, next, from }
}
