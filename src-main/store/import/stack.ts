/**
 * gensio's way to name one end of a connection (gensio.5): layers, the outermost first, then what carries the bytes and where.
 *
 *     telnet(rfc2217=true),mux,certauth(),ssl(key=/k),tcp(nodelay),ipv4,localhost,3001
 *     └──────────── layers ───────────────────────┘ └ carrier ┘ └── rest ─────┘
 *
 * Called by accepter.ts and connector.ts. Knows the grammar, and of the names only which ones stand in front of others.
 */
import { NotImportable } from './found.ts'

export interface Layer {
  readonly name: string
  /** `rfc2217` → `true` where it has no value. */
  readonly options: ReadonlyMap<string, string>
}

export interface Stack {
  readonly layers: readonly Layer[]
  readonly carrier: Layer
  /** Behind the carrier's comma, as it is. */
  readonly rest: string
}

const LAYERS: ReadonlySet<string> = new Set([
  ...[
    'telnet',
    'ssl',
    'certauth',
    'mux',
    'msgdelim',
    'relpkt',
    'trace',
    'perf',
    'ratelimit',
    'script',
    'xlt'
  ],
  ...['kiss', 'ax25', 'conacc', 'keepopen']
])

const CARRIERS: ReadonlySet<string> = new Set([
  ...['tcp', 'udp', 'sctp', 'unix', 'unixdgram', 'unixseq', 'stdio', 'pty', 'serialdev', 'ipmisol', 'dummy'],
  ...['echo', 'file', 'sound', 'afskmdm', 'cm108gpio', 'mdns']
])

/** More than anybody stacks. */
const MAX_LAYERS = 16

/** Throws NotImportable. Text that begins with no name of gensio's is an address, and so TCP. */
export function readStack(text: string): Stack {
  const layers: Layer[] = []
  let rest = text.trim()
  while (layers.length <= MAX_LAYERS) {
    const [head, behind] = cutAtComma(rest)
    const layer = readLayer(head)
    if (CARRIERS.has(layer.name)) return { layers, carrier: layer, rest: behind ?? '' }
    if (!LAYERS.has(layer.name)) return { layers, carrier: { name: 'tcp', options: new Map() }, rest }
    if (behind === undefined) throw new NotImportable(`nothing stands behind ${layer.name}`)
    layers.push(layer)
    rest = behind
  }
  throw new NotImportable(`more than ${MAX_LAYERS} layers stand on each other`)
}

/** Text up to the first comma that is in no parentheses and no quotes, and what is behind it. */
export function cutAtComma(text: string): [string, string | undefined] {
  let depth = 0
  let quote = ''
  for (let at = 0; at < text.length; at++) {
    const each = text.charAt(at)
    if (each === '\\') at++
    else if (quote !== '') quote = each === quote ? '' : quote
    else if (each === '"' || each === "'") quote = each
    else if (each === '(') depth++
    else if (each === ')') depth--
    else if (each === ',' && depth <= 0) return [text.slice(0, at).trim(), text.slice(at + 1).trim()]
  }
  return [text.trim(), undefined]
}

/** All pieces between such commas. */
export function splitAtCommas(text: string): string[] {
  const pieces: string[] = []
  for (let rest: string | undefined = text; rest !== undefined;) {
    const [head, behind] = cutAtComma(rest)
    pieces.push(head)
    rest = behind
  }
  return pieces
}

function readLayer(text: string): Layer {
  const [, name = '', inner = ''] = /^([^()]*)(?:\((.*)\))?$/s.exec(text) ?? [undefined, text]
  const options = new Map<string, string>()
  for (const word of words(inner, /[\s,]/)) {
    const at = word.indexOf('=')
    if (at < 0) options.set(word, 'true')
    else options.set(word.slice(0, at), word.slice(at + 1))
  }
  return { name: name.trim(), options }
}

/** Words between separators, as gensio splits them: quotes hold together, a backslash takes the next character as it is. */
export function words(text: string, separator: RegExp): string[] {
  const found: string[] = []
  let word: string | undefined
  let quote = ''
  for (let at = 0; at < text.length; at++) {
    const each = text.charAt(at)
    if (each === '\\' && at + 1 < text.length) word = (word ?? '') + text.charAt(++at)
    else if (quote !== '') {
      if (each === quote) quote = ''
      else word = (word ?? '') + each
    } else if (each === '"' || each === "'") {
      quote = each
      word ??= ''
    } else if (separator.test(each)) {
      if (word !== undefined) found.push(word)
      word = undefined
    } else word = (word ?? '') + each
  }
  if (word !== undefined) found.push(word)
  return found
}
