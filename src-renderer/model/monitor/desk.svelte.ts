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
      this.#cutAsWanted(traffic, options)
      this.#forgetWithCut(traffic)
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

  #cutAsWanted(traffic: LiveTraffic, options: ViewOptions): void {
    let [before, isFirst] = [rulesFor(options), true]
    $effect(() => {
      const rules = rulesFor(options)
      const isSame = rules === before
      before = rules
      if (!isFirst && !isSame) untrack(() => traffic.cutBy(rules))
      isFirst = false
    })
  }

  /** Row numbers are others then. */
  #forgetWithCut(traffic: LiveTraffic): void {
    let before = 0
    $effect(() => {
      const { cut } = traffic
      if (cut === before) return
      before = cut
      this.selected = this.selectedFrom = this.range = this.revealed = undefined
      this.pausedAt = this.clearedAt = undefined
    })
  }
}
