/** Rules for rows as a person writes them, and as chips say them. Pure. */
import { hexWords } from '../../../src-main/traffic/byte-words.ts'
import { MAX_ROW_BYTES, type RowRules } from '../../../src-main/traffic/row.ts'
import { words } from '../../words/words.ts'

/** Longer silences end no row that anybody reads, in ms. */
export const MAX_GAP_MS = 60_000
/** Marks of a frame are one byte or two. */
export const MAX_MARK_BYTES = 16

/** What stands in the fields. */
export interface RuleDraft {
  readonly newline: boolean
  readonly gap: 'none' | 'auto' | 'ms'
  readonly gapMs: string
  readonly length: string
  readonly start: string
  readonly end: string
}

export type RuleField = 'gapMs' | 'length' | 'start' | 'end'

export interface ReadRules {
  /** Undefined: something is wrong. */
  readonly rules?: RowRules
  readonly wrong: Readonly<Partial<Record<RuleField, string>>>
}

export function draftOf({ newline = false, gapMs, length, start, end }: RowRules): RuleDraft {
  return {
    newline,
    gap: gapMs === undefined ? 'none' : gapMs === 'auto' ? 'auto' : 'ms',
    gapMs: typeof gapMs === 'number' ? String(gapMs) : '',
    length: length === undefined ? '' : String(length),
    start: start ? hexWords(start) : '',
    end: end ? hexWords(end) : ''
  }
}

export function rulesOf(draft: RuleDraft): ReadRules {
  const say = words.monitor.rules.wrong
  const gapMs = draft.gap === 'ms' ? Number(draft.gapMs.trim().replace(',', '.')) : undefined
  const length = draft.length.trim() === '' ? undefined : Number(draft.length)
  const [start, end] = [bytesOf(draft.start), bytesOf(draft.end)]
  const isGap = gapMs === undefined || (gapMs >= 0.1 && gapMs <= MAX_GAP_MS)
  const isLength =
    length === undefined || (Number.isSafeInteger(length) && length >= 1 && length <= MAX_ROW_BYTES)
  const wrong = {
    ...(!isGap && { gapMs: say.gapMs(MAX_GAP_MS) }),
    ...(!isLength && { length: say.length(MAX_ROW_BYTES) }),
    ...(start === 'wrong' && { start: say.hex(MAX_MARK_BYTES) }),
    ...(end === 'wrong' && { end: say.hex(MAX_MARK_BYTES) })
  }
  if (!isGap || !isLength || start === 'wrong' || end === 'wrong') return { wrong }
  const gap: RowRules['gapMs'] = draft.gap === 'auto' ? 'auto' : gapMs
  const rules = {
    ...(draft.newline && { newline: true }),
    ...(gap !== undefined && { gapMs: gap }),
    ...(length !== undefined && { length }),
    ...(start && { start }),
    ...(end && { end })
  }
  return { rules, wrong }
}

/** Each rule by its name, in words. */
export interface RuleChip {
  readonly rule: keyof RowRules
  readonly text: string
}

export function chipsOf({ newline, gapMs, length, start, end }: RowRules): readonly RuleChip[] {
  const say = words.monitor.rules.chips
  return [
    ...(newline === true ? [{ rule: 'newline', text: say.newline } as const] : []),
    ...(gapMs === undefined ? [] : [{ rule: 'gapMs', text: say.gap(gapMs) } as const]),
    ...(length === undefined ? [] : [{ rule: 'length', text: say.length(length) } as const]),
    ...(start ? [{ rule: 'start', text: say.start(hexWords(start)) } as const] : []),
    ...(end ? [{ rule: 'end', text: say.end(hexWords(end)) } as const] : [])
  ]
}

/** `0D 0A`, `0d0a`, `0x0D,0x0A`; undefined: none. */
function bytesOf(text: string): Uint8Array | 'wrong' | undefined {
  const digits = text
    .replace(/0x/gi, ' ')
    .replaceAll(/[\s,;:]+/g, ' ')
    .trim()
  if (digits === '') return undefined
  // A digit that stands alone is a byte, too.
  const pairs = digits.split(' ').flatMap((each) => (each.length === 1 ? [each] : (each.match(/../g) ?? [])))
  const isWhole = digits.split(' ').every((each) => /^(?:[0-9a-f]|(?:[0-9a-f]{2})+)$/i.test(each))
  if (!isWhole || pairs.length > MAX_MARK_BYTES) return 'wrong'
  return Uint8Array.from(pairs, (each) => Number.parseInt(each, 16))
}
