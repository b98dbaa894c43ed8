/** `--filter` read, and what is wrong with it shown below the place. Called by the commands that show or export traffic. */
import { Fault } from '../../../contract/faults.ts'
import type { DecoderKind } from '../../../traffic/decoder.ts'
import { DECODER_KEYS } from '../../../traffic/decoders/registry.ts'
import { FilterError, type Filter } from '../../../traffic/filter/filter.ts'
import { needsDecoder } from '../../../traffic/filter/match.ts'
import { parseFilter } from '../../../traffic/filter/parse.ts'

/** Undefined: everything. Throws `usage`, with a caret below the first character that does not fit. */
export function readFilter(text: string | undefined, decoder: DecoderKind | undefined): Filter | undefined {
  if (text === undefined) return undefined
  const filter = parsed(text)
  if (filter && !decoder && needsDecoder(filter))
    throw new Fault('usage', 'This --filter asks what a decoder says. Add one, e.g. --decode modbus-rtu.')
  return filter
}

function parsed(text: string): Filter | undefined {
  try {
    return parseFilter(text, DECODER_KEYS)
  } catch (error) {
    if (!(error instanceof FilterError)) throw error
    throw new Fault(
      'usage',
      `--filter, column ${error.column}: ${error.message}.\n${underlined(text, error)}`
    )
  }
}

/** What surrounds the place on a line of its own, in characters. */
const AROUND = 30

/** The filter, or the part of it around the place, and carets below. Spaces of all kinds are one wide. */
function underlined(text: string, { column, length }: FilterError): string {
  const at = column - 1
  const from = Math.max(0, at - AROUND)
  const to = Math.min(text.length, at + length + AROUND)
  const plain = text.slice(from, to).replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')
  const before = from > 0 ? '…' : ''
  const after = to < text.length ? '…' : ''
  const carets = '^'.repeat(Math.max(1, Math.min(length, to - at)))
  return `  ${before}${plain}${after}\n  ${' '.repeat(before.length + at - from)}${carets}`
}
