/**
 * Texts of a ser2net.yaml, with ser2net's own additions to YAML: `*(NAME)` in a text is what `define: &NAME` said, `*{FILE}` what is
 * in a file; `*(*` and `*{*` are `*(` and `*{`. Called by yaml-reader.ts. Nothing grows beyond a limit, however often names name names.
 */
import { isAlias, isScalar, type Node } from 'yaml'
import { toFault } from '../../contract/faults.ts'
import { NotImportable, type Sources } from './found.ts'

/** Characters of one text, after everything was put in. */
export const MAX_TEXT_LENGTH = 65_536

/** All texts of a file together: many that are long enough would be too much as well. */
const MAX_TOTAL_LENGTH = 8 * 1024 * 1024

/** Names have an end: without one, each of many openings would be looked for to the end of the text. */
const INSERTION = /\*\(\*|\*\{\*|\*\(([^)]{0,255})\)|\*\{([^}]{0,4095})\}/g

export class YamlTexts {
  readonly #sources: Sources
  readonly #defined = new Map<string, string>()
  #total = 0

  constructor(sources: Sources) {
    this.#sources = sources
  }

  define(name: string, text: string): void {
    this.#defined.set(name, text)
  }

  /** What a scalar or a `*NAME` says. `from`: the file that it stands in. Throws NotImportable. */
  read(node: Node | null | undefined, from: string): string {
    if (node === null || node === undefined) return ''
    if (isAlias(node)) return this.#named(node.source)
    if (!isScalar(node)) throw new NotImportable('a text belongs here, and no list or table')
    const text = this.#filled(textOf(node.value), from)
    // gensio takes anchors at any text.
    if (node.anchor !== undefined) this.define(node.anchor, text)
    return text
  }

  #filled(text: string, from: string): string {
    let result = ''
    let at = 0
    for (const match of text.matchAll(INSERTION)) {
      result += text.slice(at, match.index) + this.#inserted(match, from)
      at = match.index + match[0].length
      if (result.length > MAX_TEXT_LENGTH) break
    }
    result += text.slice(at, at + MAX_TEXT_LENGTH + 1)
    this.#total += result.length
    if (result.length > MAX_TEXT_LENGTH || this.#total > MAX_TOTAL_LENGTH)
      throw new NotImportable('its text is too long once all names in it are put in')
    return result
  }

  #inserted([whole, name, file]: RegExpExecArray, from: string): string {
    if (name !== undefined) return this.#named(name)
    if (file === undefined) return whole.slice(0, 2)
    try {
      return this.#sources.read(this.#sources.resolve(file, from))
    } catch (error) {
      throw new NotImportable(`${file} cannot be read: ${toFault(error).message}`)
    }
  }

  #named(name: string): string {
    const text = this.#defined.get(name)
    if (text === undefined) throw new NotImportable(`nothing further up is called ${name}`)
    return text
  }
}

/** How the file has it, with nothing put in: no secret that stands elsewhere. */
export function shownText(node: Node | null | undefined): string {
  if (isAlias(node)) return `*${node.source}`
  if (isScalar(node)) return textOf(node.value)
  return '…'
}

/** Every scalar is a text, as it was parsed; an absent one is empty. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
