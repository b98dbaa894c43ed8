/** What is typed into find and filter, as a filter of the engine, or what is wrong with it. Pure. */
import { DECODERS, DECODER_KEYS, decoderKind } from '../../../src-main/traffic/decoders/registry.ts'
import { FilterError, type Filter, type FilterTerm } from '../../../src-main/traffic/filter/filter.ts'
import { parseFilter } from '../../../src-main/traffic/filter/parse.ts'
import { utf8 } from '../../../src-main/traffic/filter/text-bytes.ts'
import { words } from '../../words/words.ts'
import type { TypedProblem } from './contract.ts'

/** `filter`: undefined where nothing is typed. */
export type Read = { readonly filter: Filter | undefined } | { readonly problem: TypedProblem }

/** `decoder`: the id of the chosen one. */
export function readFilter(text: string, decoder: string | undefined): Read {
  const read = parsed(text)
  if ('problem' in read || !read.filter) return read
  const known = decoder === undefined ? [] : (decoderKind(decoder)?.keys ?? [])
  const strange = keysOf(read.filter).find((key) => !known.includes(key))
  if (strange === undefined) return read
  const names = DECODERS.filter(({ keys }) => keys.includes(strange)).map(({ name }) => name)
  return { problem: { message: words.monitorFind.noDecoder(strange, names.join(', ')) } }
}

/** Text as it stands; `hex:01 03 ?? ff`; `/expression/i`. */
export function readFind(text: string): Read {
  if (text === '') return { filter: undefined }
  if (/^hex:/i.test(text) || /^\/.+\/[a-z]*$/is.test(text)) {
    const read = parsed(text)
    if ('problem' in read || read.filter?.type === 'term') return read
  }
  return { filter: { type: 'term', term: { type: 'bytes', pattern: utf8(text) } } }
}

/** Of what find looks for; undefined: it is something else. */
export function termOf(filter: Filter | undefined): FilterTerm | undefined {
  return filter?.type === 'term' ? filter.term : undefined
}

function parsed(text: string): Read {
  try {
    return { filter: parseFilter(text, DECODER_KEYS) }
  } catch (error) {
    if (!(error instanceof FilterError)) throw error
    return { problem: { message: sentence(error.message), column: error.column, length: error.length } }
  }
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

function keysOf(filter: Filter): string[] {
  switch (filter.type) {
    case 'all':
    case 'any':
      return filter.parts.flatMap(keysOf)
    case 'not':
      return keysOf(filter.part)
    case 'term':
      return filter.term.type === 'decoded' ? [filter.term.key] : []
  }
}
