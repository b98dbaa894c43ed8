/** What decodes and filters, as a desk is given it. */
import type { DeskParts } from './contract.ts'
import { DeskDecoding } from './decoding.svelte.ts'
import { FilteredRows } from './filter.svelte.ts'

export const DESK_PARTS: DeskParts = {
  decoding: (traffic, options) => new DeskDecoding(traffic, options),
  filtering: (traffic, options, decoding) => new FilteredRows(traffic, options, decoding)
}
