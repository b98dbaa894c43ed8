/** Apple's property lists in XML, as `ioreg -a` prints them. Pure; what it does not know it leaves out. Source: the format's DTD (PropertyList 1.0). */

export type PlistValue = string | number | boolean | readonly PlistValue[] | PlistDict
export interface PlistDict {
  readonly [name: string]: PlistValue
}

/** One level is a few elements; more than this is no registry of devices. */
const MOST_LEVELS = 200

const TOKEN = /<(\/?)([a-z]+)([^>]*?)(\/?)>([^<]*)/g
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

interface Open {
  readonly name: string
  readonly list: PlistValue[]
  readonly entries: [string, PlistValue][]
  key: string | undefined
}

/** Undefined: it is none, or is cut off. */
export function parsePlist(text: string): PlistValue | undefined {
  const stack: Open[] = []
  let result: PlistValue | undefined
  const add = (value: PlistValue): void => {
    const top = stack.at(-1)
    if (!top) result ??= value
    else if (top.name === 'array') top.list.push(value)
    else if (top.key !== undefined) {
      top.entries.push([top.key, value])
      top.key = undefined
    }
  }
  for (const [, closing, name = '', , empty, content = ''] of text.matchAll(TOKEN)) {
    if (name === 'plist') continue
    const isContainer = name === 'dict' || name === 'array'
    if (closing !== '') {
      if (!isContainer) continue
      const top = stack.pop()
      if (top?.name !== name) return undefined
      add(valueOf(top))
    } else if (isContainer) {
      const opened: Open = { name, list: [], entries: [], key: undefined }
      if (empty !== '') add(valueOf(opened))
      else if (stack.push(opened) > MOST_LEVELS) return undefined
    } else if (name === 'key') {
      const top = stack.at(-1)
      if (top) top.key = plain(content)
    } else add(scalar(name, content))
  }
  return stack.length === 0 ? result : undefined
}

/** The value where it is a dict; else an empty one. */
export function asDict(value: PlistValue | undefined): PlistDict {
  return typeof value === 'object' && !Array.isArray(value) ? (value as PlistDict) : {}
}

export function asList(value: PlistValue | undefined): readonly PlistValue[] {
  return Array.isArray(value) ? (value as readonly PlistValue[]) : []
}

function valueOf({ name, list, entries }: Open): PlistValue {
  return name === 'array' ? list : Object.fromEntries(entries)
}

/** Data and dates stay the texts that they are. */
function scalar(name: string, content: string): PlistValue {
  switch (name) {
    case 'integer':
    case 'real':
      return Number(content.trim())
    case 'true':
      return true
    case 'false':
      return false
    default:
      return plain(content)
  }
}

function plain(text: string): string {
  return text.replaceAll(
    /&(?:#(\d+)|#x([\da-f]+)|([a-z]+));/gi,
    (all: string, decimal?: string, hex?: string, name?: string) => {
      if (decimal === undefined && hex === undefined) return ENTITIES[name ?? ''] ?? all
      const code = decimal === undefined ? parseInt(hex ?? '', 16) : Number(decimal)
      return code <= 0x10ffff ? String.fromCodePoint(code) : ''
    }
  )
}
