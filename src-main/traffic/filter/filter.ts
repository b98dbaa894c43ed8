/**
 * The words of a filter, as parse.ts reads them and match.ts applies them:
 *
 *     dir:rx dir:tx           from the device, to the device           len>8 len=8 len<=64     bytes of the row
 *     hex:01 03 ?? ff         bytes, `??` any one                      gap>100ms               silence before the row (us ms s)
 *     text:"a\r\n\x00"        text with escapes, as it stands          session:2               who wrote it
 *     /^AT\+/i                expression, over the bytes as Latin-1    event:any event:break   events, by their kind
 *     fc:3 unit:1 crc:bad     what a decoder says, by its words
 */

export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>='

export type FilterTerm =
  | { readonly type: 'direction'; readonly isFromDevice: boolean }
  | { readonly type: 'length'; readonly comparison: Comparison; readonly value: number }
  | { readonly type: 'gap'; readonly comparison: Comparison; readonly ns: number }
  | { readonly type: 'session'; readonly session: number }
  /** Undefined: any byte. Never empty, and never undefined alone. */
  | { readonly type: 'bytes'; readonly pattern: readonly (number | undefined)[] }
  | { readonly type: 'expression'; readonly expression: RegExp }
  /** Undefined: any event. */
  | { readonly type: 'event'; readonly kind?: string }
  | { readonly type: 'decoded'; readonly key: string; readonly value: string }

export type Filter =
  | { readonly type: 'term'; readonly term: FilterTerm }
  | { readonly type: 'all' | 'any'; readonly parts: readonly Filter[] }
  | { readonly type: 'not'; readonly part: Filter }

/** `column`: from 1, of the first character that does not fit; `length`: how many, at least 1. */
export class FilterError extends Error {
  readonly column: number
  readonly length: number

  constructor(message: string, at: number, length: number) {
    super(message)
    this.name = 'FilterError'
    this.column = at + 1
    this.length = Math.max(1, length)
  }
}

/** The kinds of events that `event:` knows. */
export const EVENTS: ReadonlySet<string> = new Set([
  'any',
  'settings',
  'lines',
  'modem',
  'line',
  'break',
  'attached',
  'detached',
  'blocked',
  'unblocked',
  'control',
  'port',
  'lost',
  'marker',
  'missed'
])
/** What stands before `:` or a comparison; decoders bring more. */
export const OWN_WORDS = ['dir', 'len', 'gap', 'session', 'hex', 'text', 'event'] as const
