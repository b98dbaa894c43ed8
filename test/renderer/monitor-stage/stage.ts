/**
 * The list of a monitor alone, or its plot (`#plot`), over a core that is made up in the page: it sends as much and as fast as a test says, with the credit that the
 * page gives. Built and opened by the bench and by the tests of the list; `window.stage` is what they call.
 */
import { mount } from 'svelte'
import { CREDIT } from '../../../src-main/rpc/client.ts'
import { Watch } from '../../../src-main/rpc/watch.ts'
import { TrafficLog } from '../../../src-main/traffic/log.ts'
import { copyRecords } from '../../../src-main/traffic/page-writer.ts'
import type { Core } from '../../../src-renderer/core.svelte.ts'
import { Desk } from '../../../src-renderer/model/monitor/desk.svelte.ts'
import { DESK_PARTS } from '../../../src-renderer/model/monitor/filter-parts.ts'
import { pageTurns } from '../../../src-renderer/model/monitor/turns.ts'
import PlotView from '../../../src-renderer/parts/monitor/plot-view.svelte'
import RowList from '../../../src-renderer/parts/monitor/row-list.svelte'
import '../../../src-renderer/style/fonts.css'
import '../../../src-renderer/style/tokens.css'
import '../../../src-renderer/style/base.css'

const PAGE_BYTES = 256 * 1024
const PAGES = 8
const SETTINGS = { baudRate: 115_200, dataBits: 8, parity: 'none', stopBits: 1, flowControl: 'none' } as const

/** A line of text and its answer, as many as are wanted: the same bytes again and again, but for a number. */
class MadeUp {
  readonly log: TrafficLog
  #lines = 0
  #timeNs = 1e9
  #sent = 0
  #watch: Watch | undefined
  #credit = 0

  constructor() {
    const spare: Uint8Array[] = []
    this.log = new TrafficLog({
      store: {
        take: () => spare.pop() ?? new Uint8Array(PAGE_BYTES),
        give: (bytes) => void spare.push(bytes)
      },
      maxPages: PAGES,
      wallOffsetMs: () => Date.UTC(2026, 10, 21, 12)
    })
  }

  subscribe(item: (item: unknown) => void | Promise<void>, credit = CREDIT): { dispose: () => void } {
    this.#credit = credit
    this.#watch = new Watch(credit, item, () => undefined, {
      give: (count) => {
        this.#credit += count
        this.#pump()
      },
      leave: () => undefined
    })
    const names = { id: 'gps', name: 'gps', port: '/dev/ttyUSB0', computer: 'bench-1', recording: 'a' }
    this.#send({ type: 'begin', ...names, first: 0, next: 0, from: 0 })
    return { dispose: () => undefined }
  }

  /** Answers whether it may send more: what is held back is in the log, or overtaken. */
  rows(count: number, stepNs = 1e5): void {
    for (let i = 0; i < count; i++) {
      this.#timeNs += stepNs
      const number = this.#lines++
      const isAnswer = number % 2 === 1
      const text = isAnswer ? `OK ${number}: 0123456789 abcdef\r\n` : `READ ${number}\r\n`
      this.log.bytes(this.#timeNs, isAnswer ? 'from-device' : 'to-device', isAnswer ? 0 : 1, ascii(text))
    }
    this.#pump()
  }

  /** Lines of CSV: so many waves, each with the number of its line in it. */
  numbers(count: number, stepNs: number, columns: number): void {
    for (let i = 0; i < count; i++) {
      this.#timeNs += stepNs
      const number = this.#lines++
      let text = ''
      for (let column = 0; column < columns; column++)
        text += `${column === 0 ? '' : ','}${(column * 3 + Math.sin(number / (4 + 3 * column))).toFixed(4)}`
      this.log.bytes(this.#timeNs, 'from-device', 0, ascii(`${text}\r\n`))
    }
    this.#pump()
  }

  chunk(bytes: Uint8Array): void {
    this.#timeNs += 1e5
    this.log.bytes(this.#timeNs, 'from-device', 0, bytes)
    this.#pump()
  }

  event(event: Parameters<TrafficLog['event']>[1], afterNs = 1e6): void {
    this.#timeNs += afterNs
    this.log.event(this.#timeNs, event)
    this.#pump()
  }

  silence(ms: number): void {
    this.#timeNs += ms * 1e6
  }

  /** There is nothing that the page did not take. */
  get isTaken(): boolean {
    return this.#sent >= this.log.end
  }

  #pump(): void {
    while (this.#credit > 0 && this.#watch) {
      this.#sent = Math.max(this.#sent, this.log.first)
      const page = this.log.pageOf(this.#sent)
      if (!page) return
      const from = this.#sent - page.first
      this.#sent = page.first + page.count
      this.#send({ type: 'page', page: copyRecords(page, from, page.count) })
    }
  }

  #send(item: unknown): void {
    this.#credit--
    // As over a connection: not within whoever wrote it.
    queueMicrotask(() => this.#watch?.take(item))
  }
}

function ascii(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}

const made = new MadeUp()
const core = {
  status: { type: 'open' },
  tree: { bridges: { gps: { recording: { on: true, bytes: 0, records: 0, size: 0 } } }, rotators: {} },
  notices: [],
  subscribe: (
    _topic: string,
    _args: unknown,
    item: (item: unknown) => void,
    _ended: unknown,
    options?: { credit?: number }
  ) => made.subscribe(item, options?.credit)
} as unknown as Core

const desk = new Desk({
  core,
  target: { type: 'recording', id: 'gps' },
  name: 'gps',
  parts: DESK_PARTS
})
const target = document.getElementById('app')
if (target && location.hash === '#plot') mount(PlotView, { target, props: { desk } })
else if (target) mount(RowList, { target, props: { desk } })

const frame = (): Promise<void> => new Promise((resolve) => requestAnimationFrame(() => resolve()))

const turn = (): Promise<void> =>
  new Promise((resolve) => {
    pageTurns().soon(resolve)
  })

const stage = {
  desk,
  made,
  settings: SETTINGS,
  /** Resolves when so many rows are there, cut. */
  async fill(rows: number): Promise<void> {
    for (let left = rows; left > 0; left -= 2000) {
      made.rows(Math.min(left, 2000))
      while (!made.isTaken) await frame()
    }
    while (!desk.traffic.isCut || desk.traffic.table.end < rows) await frame()
  },
  /** So many rows a second for so many ms. */
  async flow(perSecond: number, ms: number): Promise<void> {
    const begin = performance.now()
    let done = 0
    for (let now = begin; now - begin < ms; now = performance.now()) {
      const due = Math.floor(((now - begin) / 1000) * perSecond)
      made.rows(due - done, 1e9 / perSecond)
      done = due
      await frame()
    }
  },
  /** As `fill`, of numbers: so many lines, of so many columns each, in so much time of the device. */
  async numbers(lines: number, columns: number, seconds: number): Promise<void> {
    for (let left = lines; left > 0; left -= 2000) {
      made.numbers(Math.min(left, 2000), (seconds * 1e9) / lines, columns)
      while (!made.isTaken) await frame()
    }
  },
  /** As `flow`, of numbers. */
  async flowNumbers(perSecond: number, ms: number, columns: number): Promise<void> {
    const begin = performance.now()
    let done = 0
    for (let now = begin; now - begin < ms; now = performance.now()) {
      const due = Math.floor(((now - begin) / 1000) * perSecond)
      made.numbers(due - done, 1e9 / perSecond, columns)
      done = due
      await frame()
    }
  },
  /** So many bytes as fast as the page takes them; answers MB/s. */
  async push(bytes: number): Promise<number> {
    const chunk = new Uint8Array(4096)
    for (let i = 0; i < chunk.length; i++) chunk[i] = i % 40 === 39 ? 10 : 32 + (i % 40)
    const begin = performance.now()
    for (let left = bytes; left > 0;) {
      for (let i = 0; i < 256; i++, left -= chunk.length) made.chunk(chunk)
      while (!made.isTaken) await turn()
    }
    return bytes / (performance.now() - begin) / 1000
  }
}
export type Stage = typeof stage
Object.assign(window, { stage })
