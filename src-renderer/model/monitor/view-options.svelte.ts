/**
 * How a monitor shows its rows, kept in the browser for each target. What is found there may be of an older or newer page, or anything at
 * all: what makes no sense is as if it were absent.
 */
import { untrack } from 'svelte'
import { DECODERS } from '../../../src-main/traffic/decoders/registry.ts'
import { CONTROL_BYTES, type ControlBytes } from '../../../src-main/traffic/byte-words.ts'
import { MAX_MARK_BYTES } from '../../../src-main/traffic/row-ends.ts'
import { MAX_ROW_BYTES, type RowRules } from '../../../src-main/traffic/row.ts'
import { TIME_MODES, type TimeMode } from '../../../src-main/traffic/time-words.ts'
import { MONITOR_VIEWS, type FilterMode, type MonitorView, type ViewOptions } from './contract.ts'

/** Of a filter that is kept; a longer one is not. */
const MAX_FILTER = 2000
/** Of a silence that ends a row: a day. */
const MAX_GAP_MS = 86_400_000
const FILTER_MODES = ['hide', 'dim'] as const satisfies readonly FilterMode[]

/** A browser's storage may be full, or forbidden. */
export type OptionStore = Pick<Storage, 'getItem' | 'setItem'>

export class KeptOptions implements ViewOptions {
  readonly #store: OptionStore
  readonly #key: string
  view = $state<MonitorView>('lines')
  time = $state<TimeMode>('clock')
  controls = $state<ControlBytes>('pictures')
  rules = $state.raw<RowRules | 'auto'>('auto')
  decoder = $state<string | undefined>()
  filter = $state('')
  filterMode = $state<FilterMode>('hide')

  /** To be made where effects may be: it is kept whenever it changes. */
  constructor(key: string, store: OptionStore = window.localStorage) {
    this.#store = store
    this.#key = `monitor ${key}`
    this.#read()
    let isFirst = true
    $effect(() => {
      const text = this.#text
      if (!isFirst) untrack(() => this.#keep(text))
      isFirst = false
    })
  }

  get #text(): string {
    const { view, time, controls, rules, decoder, filter, filterMode } = this
    return JSON.stringify({
      ...{ view, time, controls, decoder, filterMode },
      filter: filter.length <= MAX_FILTER ? filter : '',
      rules: rules === 'auto' ? rules : rulesOut(rules)
    })
  }

  #keep(text: string): void {
    try {
      this.#store.setItem(this.#key, text)
    } catch {
      // Full or forbidden: it is as it is in this window, and begins anew in the next.
    }
  }

  #read(): void {
    const kept = this.#kept()
    this.view = oneOf(MONITOR_VIEWS, kept.view) ?? this.view
    this.time = oneOf(TIME_MODES, kept.time) ?? this.time
    this.controls = oneOf(CONTROL_BYTES, kept.controls) ?? this.controls
    this.rules = rulesIn(kept.rules) ?? this.rules
    this.decoder = DECODERS.find(({ id }) => id === kept.decoder)?.id
    this.filter = typeof kept.filter === 'string' && kept.filter.length <= MAX_FILTER ? kept.filter : ''
    this.filterMode = oneOf(FILTER_MODES, kept.filterMode) ?? this.filterMode
  }

  #kept(): Readonly<Record<string, unknown>> {
    try {
      const found: unknown = JSON.parse(this.#store.getItem(this.#key) ?? '{}')
      return isObject(found) ? found : {}
    } catch {
      return {}
    }
  }
}

/** Bytes as numbers: JSON knows none. */
function rulesOut({ start, end, ...others }: RowRules): object {
  return { ...others, ...(start && { start: [...start] }), ...(end && { end: [...end] }) }
}

function rulesIn(found: unknown): RowRules | 'auto' | undefined {
  if (!isObject(found)) return found === 'auto' ? 'auto' : undefined
  const { gapMs, newline, length } = found
  const [start, end] = [bytesIn(found.start), bytesIn(found.end)]
  return {
    ...((gapMs === 'auto' || isIn(gapMs, 0, MAX_GAP_MS)) && { gapMs }),
    ...(typeof newline === 'boolean' && { newline }),
    ...(isIn(length, 1, MAX_ROW_BYTES) && Number.isInteger(length) && { length }),
    ...(start && { start }),
    ...(end && { end })
  }
}

function bytesIn(found: unknown): Uint8Array | undefined {
  if (!Array.isArray(found) || found.length === 0 || found.length > MAX_MARK_BYTES) return undefined
  const isByte = (each: unknown): each is number => isIn(each, 0, 255) && Number.isInteger(each)
  return found.every(isByte) ? Uint8Array.from(found) : undefined
}

function isIn(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && value >= least && value <= most
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function oneOf<T extends string>(all: readonly T[], value: unknown): T | undefined {
  return all.find((each) => each === value)
}
