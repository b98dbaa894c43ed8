/**
 * Which decoder probably fits what passed lately. Called by windows and commands now and then, with the last some hundred rows, however they
 * were cut; suggests, and never switches anything.
 */
import type { DecoderKind } from './decoder.ts'
import { DECODERS } from './decoders/registry.ts'
import type { Row } from './row.ts'

export interface Suggestion {
  readonly kind: DecoderKind
  /** 0 to 1. */
  readonly confidence: number
}

/** From here on it is worth to be said. */
export const WORTH_SAYING = 0.8

/** All that it looks like at all, the likeliest first. */
export function likenesses(rows: readonly Row[]): Suggestion[] {
  return DECODERS.map((kind) => ({ kind, confidence: kind.likeness(rows) }))
    .filter(({ confidence }) => confidence > 0)
    .sort((a, b) => b.confidence - a.confidence)
}

/** The one to suggest; undefined: nothing is likely enough. */
export function suggestion(rows: readonly Row[]): Suggestion | undefined {
  const [first] = likenesses(rows)
  return first && first.confidence >= WORTH_SAYING ? first : undefined
}
