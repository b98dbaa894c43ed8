/**
 * Looks at what comes, for settings that seem wrong and for a decoder that would fit. Of a busy line only the newest rows are looked at: more of
 * them would say the same. Suggests, and never switches anything.
 */
import { BaudDoctor, type BaudFinding } from '../../../src-main/traffic/baud-doctor.ts'
import { suggestion } from '../../../src-main/traffic/detection.ts'
import type { Row } from '../../../src-main/traffic/row.ts'
import type { Traffic } from './contract.ts'

/** Rows that are looked at, at once and in all. */
const ROWS = 300
/** Findings are asked for no more often, in ms. */
export const PERIOD_MS = 1000

export class LineWatch {
  readonly table: Traffic['table']
  finding: BaudFinding | undefined
  /** The id of a decoder. */
  suggestion: string | undefined
  readonly #traffic: Pick<Traffic, 'reader' | 'openRow'>
  readonly #doctor = new BaudDoctor()
  #next = 0
  #askedAt = -Infinity
  #askedEnd = 0

  constructor(traffic: Pick<Traffic, 'table' | 'reader' | 'openRow'>) {
    this.table = traffic.table
    this.#traffic = traffic
  }

  /** There are rows that were not looked at. */
  get isDue(): boolean {
    return this.#end() !== this.#askedEnd
  }

  /** True: findings may be others now. */
  look(nowMs: number): boolean {
    const end = this.#end()
    if (end === this.#askedEnd || nowMs - this.#askedAt < PERIOD_MS) return false
    const { reader } = this.#traffic
    const from = Math.max(this.table.first, end - ROWS)
    const rows: Row[] = []
    for (let number = from; number < end; number++) {
      const row = reader.row(number)
      rows.push(row)
      if (number >= this.#next) this.#doctor.look(row)
    }
    this.#next = end
    this.#askedAt = nowMs
    this.#askedEnd = end
    this.finding = this.#doctor.finding()
    const found = suggestion(rows)?.kind.id
    // That text is text is nothing to suggest.
    this.suggestion = found === 'lines' ? undefined : found
    return true
  }

  #end(): number {
    return Math.min(this.table.end, this.#traffic.openRow() ?? Infinity)
  }
}
