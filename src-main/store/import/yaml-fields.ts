/** The fields of one entry of a ser2net.yaml, with their places. Called by yaml-reader.ts. */
import { isAlias, type LineCounter, type Pair, type ParsedNode } from 'yaml'
import { NotImportable, type Place } from './found.ts'
import { shownText, type YamlTexts } from './yaml-texts.ts'

export type Field = Pair<ParsedNode, ParsedNode | null>

/** A file that is being read. */
export interface Text {
  readonly path: string
  readonly lines: LineCounter
}

/** The fields of one entry, by name. Throws NotImportable where one that is known is there twice. */
export class Fields {
  readonly #found = new Map<string, Field>()
  readonly #others: Field[] = []
  readonly #text: Text
  readonly #texts: YamlTexts

  constructor(fields: readonly Field[], known: readonly string[], text: Text, texts: YamlTexts) {
    this.#text = text
    this.#texts = texts
    for (const field of fields) {
      const name = shownText(field.key)
      if (!known.includes(name)) this.#others.push(field)
      else if (this.#found.has(name)) throw new NotImportable(`${name}: is there twice`)
      else this.#found.set(name, field)
    }
  }

  node(name: string): ParsedNode | undefined {
    return this.#found.get(name)?.value ?? undefined
  }

  /** Undefined where it is not there. */
  text(name: string): string | undefined {
    const field = this.#found.get(name)
    return field && this.#texts.read(field.value, this.#text.path)
  }

  needed(name: string): string {
    const text = this.text(name)
    if (text === undefined || text === '') throw new NotImportable(`it has no ${name}:`)
    return text
  }

  place(name: string): Place | undefined {
    const field = this.#found.get(name)
    return field && placeOf(field.key, this.#text)
  }

  /** Fields that ser2net does not have here. */
  tellOthers(tell: (what: string, reason: string, place: Place) => void): void {
    for (const { key, value } of this.#others)
      tell(
        `${shownText(key)}: ${shownText(value)}`,
        'ser2net knows no such setting here',
        placeOf(key, this.#text)
      )
  }
}

export function placeOf(node: ParsedNode, { path, lines }: Text): Place {
  return { file: path, line: Math.max(1, lines.linePos(node.range[0]).line) }
}

export function anchorOf(node: ParsedNode | null): string | undefined {
  return node && !isAlias(node) ? node.anchor : undefined
}
