/** Shows the records of a feed as lines, as they come. Made by commands/monitor.ts for one target; ends nothing by itself but at its limit of rows. */
import type { Clock } from '../../../base/clock.ts'
import type { Disposable } from '../../../base/event.ts'
import type { RunExpressions } from '../../../traffic/filter/row-search.ts'
import type { EventLevel } from '../../../traffic/event-words.ts'
import type { Page } from '../../../traffic/page.ts'
import type { ShowOptions } from './arguments.ts'
import type { CaptureFiles } from './capture-file.ts'
import type { FeedBegin, FeedReader } from './feed.ts'
import { Hints } from './hints.ts'
import { metaOf } from './meta.ts'
import type { Output } from './output.ts'
import { FilteredRows, type ShownRow } from '../../../capture/filtered-rows.ts'
import type { Totals } from './totals.ts'

/** A row that nothing was added to for so long is shown as far as it is there, in ms. */
export const QUIET_MS = 250

/** How rows are told, in order. */
export interface ShownLines {
  /** Before the rows of a recording. */
  begin?(begin: FeedBegin): string[]
  of(shown: ShownRow): string[]
  /** What was noticed here; absent: it is not said. */
  notice?(text: string, level: EventLevel): string
}

export interface MonitorOptions {
  readonly show: Pick<ShowOptions, 'rules' | 'decoder' | 'filter'>
  readonly lines: ShownLines
  /** Files that get all of it, whatever is shown. */
  readonly save?: CaptureFiles | undefined
  /** They take no more: it goes on without them. */
  readonly saveFailed?: (error: unknown) => void
  readonly expressions: RunExpressions
  readonly output: Output
  readonly clock: Clock
  readonly totals: Totals
  /** So many rows are shown; then `enough` is called. */
  readonly maxRows: number
  readonly enough: () => void
  /** What is shown later than it came broke. */
  readonly failed: (error: unknown) => void
  /** Another recording begins, or the first. */
  readonly begun: (begin: FeedBegin) => void
}

export class Monitor implements FeedReader {
  readonly #options: MonitorOptions
  readonly #stream: FilteredRows
  readonly #hints: Hints
  /** One after the other: what is open may be shown between two pages. */
  #work: Promise<void> = Promise.resolve()
  #quiet: Disposable | undefined
  #isSaveOver = false

  constructor(options: MonitorOptions) {
    const { show, expressions } = options
    this.#options = options
    this.#stream = new FilteredRows({ ...show, expressions, seen: (row) => this.#hints.look(row) })
    this.#hints = new Hints({
      hasDecoder: show.decoder !== undefined,
      lastRows: (count) => this.#stream.lastRows(count)
    })
  }

  begin(begin: FeedBegin): Promise<void> {
    return this.#inOrder(async () => {
      await this.#show(await this.#stream.rest())
      this.#stream.restart(begin.settings)
      this.#options.totals.restart()
      this.#options.begun(begin)
      await this.#options.save?.begin(metaOf(begin))
      await this.#options.output.lines(this.#options.lines.begin?.(begin) ?? [])
    })
  }

  page(page: Page): Promise<void> {
    this.#quiet?.dispose()
    return this.#inOrder(async () => {
      this.#options.totals.page(page)
      await this.#save(page)
      await this.#show(await this.#stream.take(page))
      if (this.#stream.hasOpen) this.#quiet = this.#options.clock.after(QUIET_MS, () => this.#showOpen())
    })
  }

  /** What is still open is shown; nothing comes after it. */
  end(): Promise<void> {
    this.#quiet?.dispose()
    return this.#inOrder(async () => this.#show(await this.#stream.rest()))
  }

  #showOpen(): void {
    this.#inOrder(async () => this.#show(await this.#stream.rest())).catch(this.#options.failed)
  }

  async #save(page: Page): Promise<void> {
    const { save, saveFailed } = this.#options
    if (!save || this.#isSaveOver) return
    try {
      await save.page(page)
    } catch (error) {
      this.#isSaveOver = true
      saveFailed?.(error)
    }
  }

  #inOrder(task: () => Promise<void>): Promise<void> {
    const done = this.#work.then(task)
    this.#work = done.catch(() => undefined)
    return done
  }

  async #show(rows: readonly ShownRow[]): Promise<void> {
    const { totals, maxRows, enough, output, lines } = this.#options
    const told: string[] = []
    for (const shown of rows) {
      if (totals.rows >= maxRows) break
      told.push(...lines.of(shown))
      if (!shown.isRest) totals.rows++
    }
    const decoder = this.#hints.decoder()
    if (decoder !== undefined && lines.notice) told.push(lines.notice(decoder, 'info'))
    const baudRate = this.#hints.baudRate()
    if (baudRate !== undefined && lines.notice) told.push(lines.notice(baudRate, 'warning'))
    await output.lines(told)
    if (totals.rows >= maxRows) enough()
  }
}
