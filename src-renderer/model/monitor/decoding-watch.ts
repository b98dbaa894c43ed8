/**
 * Looks at what comes, for settings that seem wrong and for a decoder that would fit. Of a busy line only the newest rows are looked at: more of
 * them would say the same. Each look is a small one, a decoder at a time, so that no frame is late for it. Suggests, and never switches
 * anything.
 */
import { BaudDoctor, type BaudFinding } from '../../../src-main/traffic/baud-doctor.ts'
import type { DecoderKind } from '../../../src-main/traffic/decoder.ts'
import { DECODERS } from '../../../src-main/traffic/decoders/registry.ts'
import { WORTH_SAYING } from '../../../src-main/traffic/detection.ts'
import type { Row } from '../../../src-main/traffic/row.ts'
import type { Traffic } from './contract.ts'

/** Rows that are looked at, at once and in all. */
const ROWS = 200
/** Another round begins no sooner, in ms. */
export const PERIOD_MS = 1000

export class LineWatch {
  readonly table: Traffic['table']
  finding: BaudFinding | undefined
  /** The id of a decoder. */
  suggestion: string | undefined
  readonly #traffic: Pick<Traffic, 'reader' | 'openRow'>
  readonly #wantsDecoder: () => boolean
  readonly #doctor = new BaudDoctor()
  /** Decoders that are asked in this round yet, and the likeliest of those before. */
  #asked: readonly DecoderKind[] = []
  #best: { readonly id: string; readonly confidence: number } | undefined
  #next = 0
  #lookedAt = -Infinity
  #lookedTo = 0

  /** `wantsDecoder`: somebody may want to be told of one. */
  constructor(traffic: Pick<Traffic, 'table' | 'reader' | 'openRow'>, wantsDecoder: () => boolean) {
    this.table = traffic.table
    this.#traffic = traffic
    this.#wantsDecoder = wantsDecoder
  }

  /** A round is not over: there is more to do now. */
  get isBusy(): boolean {
    return this.#asked.length > 0
  }

  /** There are rows that were not looked at. */
  get isDue(): boolean {
    return this.#end() !== this.#lookedTo
  }

  /** Does a part of it; true: findings may be others now. */
  look(nowMs: number): boolean {
    if (this.isBusy) return this.#ask()
    if (!this.isDue || nowMs - this.#lookedAt < PERIOD_MS) return false
    this.#lookedAt = nowMs
    this.#lookedTo = this.#end()
    for (const row of this.#rows()) if (row.number >= this.#next) this.#doctor.look(row)
    this.#next = this.#lookedTo
    this.finding = this.#doctor.finding()
    this.#best = undefined
    if (this.#wantsDecoder()) this.#asked = DECODERS
    return true
  }

  #ask(): boolean {
    const [kind, ...others] = this.#asked
    this.#asked = others
    const confidence = kind?.likeness(this.#rows()) ?? 0
    if (kind && confidence >= WORTH_SAYING && confidence > (this.#best?.confidence ?? 0))
      this.#best = { id: kind.id, confidence }
    if (others.length > 0) return false
    // That text is text is nothing to suggest.
    this.suggestion = this.#best?.id === 'lines' ? undefined : this.#best?.id
    return true
  }

  /** Read anew each time: their bytes are views, and those go. */
  #rows(): Row[] {
    const rows: Row[] = []
    for (let row = Math.max(this.table.first, this.#lookedTo - ROWS); row < this.#lookedTo; row++)
      rows.push(this.#traffic.reader.row(row))
    return rows
  }

  #end(): number {
    return Math.min(this.table.end, this.#traffic.openRow() ?? Infinity)
  }
}
