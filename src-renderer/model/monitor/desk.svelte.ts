/**
 * One monitor: the recording, how it is shown, what is selected. Made by whoever shows it, with what decodes and filters plugged in; its
 * parts are given it as a MonitorDesk. Never touches the DOM.
 */
import { never } from '../../../src-main/base/event.ts'
import type { BaudFinding } from '../../../src-main/traffic/baud-doctor.ts'
import type { Decoded } from '../../../src-main/traffic/decoder.ts'
import { decoderKind } from '../../../src-main/traffic/decoders/registry.ts'
import { FRAME_ROWS, TEXT_ROWS, type RowRules } from '../../../src-main/traffic/row.ts'
import { untrack } from 'svelte'
import type { Core } from '../../core.svelte.ts'
import { Actions } from './actions.svelte.ts'
import { AllRows } from './all-rows.svelte.ts'
import type {
  ByteRange,
  Decoding,
  DeskParts,
  Filtering,
  MonitorDesk,
  MonitorTarget,
  ShownRows,
  ViewOptions
} from './contract.ts'
import { placeOf, rowFrom, rowWith, type RowPlace } from './row-places.ts'
import { rooted } from './rooted.svelte.ts'
import { LiveTraffic } from './traffic.svelte.ts'
import type { Turns } from './turns.ts'
import { KeptOptions, type OptionStore } from './view-options.svelte.ts'

export interface DeskOptions {
  readonly core: Core
  readonly target: MonitorTarget
  /** As people call what is watched. */
  readonly name: string
  readonly parts?: Partial<DeskParts>
  readonly store?: OptionStore
  readonly turns?: Turns
}

const NO_DECODING: Decoding = {
  version: 0,
  decoded: () => undefined,
  isUnanswered: () => false,
  keys: () => undefined,
  generation: 0,
  onCorrected: never,
  finding: undefined,
  suggestion: undefined,
  dispose: () => undefined
}

/** Rows that somebody chose, by what they are made of. */
type Meant = Readonly<
  Record<'selected' | 'selectedFrom' | 'pausedAt' | 'clearedAt' | 'sight', RowPlace | undefined>
>

/** Tells targets from each other, as options are kept for them. */
export function targetKey(target: MonitorTarget): string {
  switch (target.type) {
    case 'recording':
      return `recording ${target.id}`
    case 'port':
      return `port ${target.port.target}`
    case 'file':
      return `file ${target.recording} ${target.name}`
  }
}

/** How rows are cut: as it was said, or as the decoder or the view wants it. */
export function rulesFor({
  rules,
  decoder,
  view
}: Pick<ViewOptions, 'rules' | 'decoder' | 'view'>): RowRules {
  if (rules !== 'auto') return rules
  const kind = decoder === undefined ? undefined : decoderKind(decoder)
  return kind?.rows ?? (view === 'hex' ? FRAME_ROWS : TEXT_ROWS)
}

export class Desk implements MonitorDesk {
  readonly core: Core
  readonly name: string
  readonly traffic: LiveTraffic
  readonly options: ViewOptions
  readonly actions = new Actions()
  readonly #decoding: Decoding
  readonly filtering: Filtering
  readonly #endRoot: () => void
  /** While all rows are cut anew. */
  #meant: Meant | undefined

  selected = $state<number>()
  selectedFrom = $state<number>()
  range = $state.raw<ByteRange>()
  isFollowing = $state(true)
  pausedAt = $state<number>()
  clearedAt = $state<number>()
  revealed = $state.raw<{ readonly row: number }>()

  constructor({ core, target, name, parts = {}, store, turns }: DeskOptions) {
    this.core = core
    this.name = name
    const [made, end] = rooted(() => {
      const options = new KeptOptions(targetKey(target), store)
      const traffic = new LiveTraffic({ core, target, rules: rulesFor(options), ...(turns && { turns }) })
      const decoding = parts.decoding?.(traffic, options) ?? NO_DECODING
      const filtering = parts.filtering?.(traffic, options, decoding) ?? new AllRows(traffic)
      this.#cutAsWanted(traffic, options, filtering)
      this.#findAgain(traffic)
      return { options, traffic, decoding, filtering }
    })
    this.options = made.options
    this.traffic = made.traffic
    this.#decoding = made.decoding
    this.filtering = made.filtering
    this.#endRoot = end
  }

  get shown(): ShownRows {
    return this.filtering
  }

  get finding(): BaudFinding | undefined {
    return this.#decoding.finding
  }

  get suggestion(): string | undefined {
    return this.#decoding.suggestion
  }

  decoded(row: number): Decoded | undefined {
    return this.#decoding.decoded(row)
  }

  isUnanswered(row: number): boolean {
    return this.#decoding.isUnanswered(row)
  }

  found(row: number): readonly ByteRange[] {
    return this.filtering.found(row)
  }

  reveal(row: number): void {
    this.isFollowing = false
    this.selected = row
    this.selectedFrom = undefined
    this.range = undefined
    this.revealed = { row }
  }

  dispose(): void {
    this.filtering.dispose()
    this.#decoding.dispose()
    this.traffic.dispose()
    this.#endRoot()
  }

  #cutAsWanted(traffic: LiveTraffic, options: ViewOptions, filtering: Filtering): void {
    let [before, isFirst] = [rulesFor(options), true]
    $effect(() => {
      const rules = rulesFor(options)
      const isSame = rules === before
      before = rules
      if (!isFirst && !isSame) untrack(() => this.#cutAnew(traffic, rules, filtering))
      isFirst = false
    })
  }

  /** Row numbers are others then: what was meant by them is found again when all is cut. */
  #cutAnew(traffic: LiveTraffic, rules: RowRules, filtering: Filtering): void {
    const placeOfRow = (row: number | undefined): RowPlace | undefined =>
      row === undefined ? undefined : placeOf(traffic, row)
    // Cut again before that was done: what was meant at first is what is meant.
    this.#meant ??= {
      selected: placeOfRow(this.selected),
      selectedFrom: placeOfRow(this.selectedFrom),
      pausedAt: placeOfRow(this.pausedAt),
      clearedAt: placeOfRow(this.clearedAt),
      sight: this.isFollowing ? undefined : placeOfRow(filtering.sight)
    }
    this.selected = this.selectedFrom = this.range = this.revealed = undefined
    this.pausedAt = this.clearedAt = undefined
    traffic.cutBy(rules)
  }

  #findAgain(traffic: LiveTraffic): void {
    $effect(() => {
      // Told once a frame, and once when the last of it is cut.
      if (traffic.version < 0 || !traffic.isCut || !this.#meant) return
      const { selected, selectedFrom, pausedAt, clearedAt, sight } = this.#meant
      this.#meant = undefined
      this.selected = selected && rowWith(traffic, selected)
      this.selectedFrom = selectedFrom && rowWith(traffic, selectedFrom)
      this.pausedAt = pausedAt && rowFrom(traffic, pausedAt)
      this.clearedAt = clearedAt && rowFrom(traffic, clearedAt)
      const row = sight && rowWith(traffic, sight)
      if (row !== undefined) this.revealed = { row }
    })
  }
}
