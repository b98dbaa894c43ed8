/**
 * Reads ser2net.yaml (4.x) entry by entry, in the order of the file, as ser2net does: `connection`, `rotator`, `define`, `default` and
 * the others may be there many times, which is why the tree of the text is read and not the value that YAML makes of it. Called by
 * read-ser2net.ts; hands everything to the collector.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type ParsedNode } from 'yaml'
import { Fault, toFault } from '../../contract/faults.ts'
import { readAccepter } from './accepter.ts'
import type { Collector } from './collector.ts'
import { takeDefaults, takeOption } from './connection.ts'
import { readConnector } from './connector.ts'
import { Defaults } from './defaults.ts'
import { Draft } from './draft.ts'
import { NotImportable, type Place, type Sources } from './found.ts'
import { LOGIN_OPTIONS, loginNotes } from './login.ts'
import { anchorOf, Fields, placeOf, type Field, type Text } from './yaml-fields.ts'
import { parseYaml } from './yaml-parse.ts'
import { shownText, YamlTexts } from './yaml-texts.ts'
import { readBoolean, readTimeout } from './words-of.ts'

/** Files, with all that are included. */
export const MAX_FILES = 256

export class YamlReader {
  readonly #collector: Collector
  readonly #sources: Sources
  readonly #texts: YamlTexts
  readonly #defaults = new Defaults()
  /** Those being read, the outermost first. */
  readonly #open: string[] = []
  #files = 0

  constructor(collector: Collector, sources: Sources) {
    this.#collector = collector
    this.#sources = sources
    this.#texts = new YamlTexts(sources)
  }

  /** One file, with those that it includes. Throws a Fault where it cannot be read, or is no YAML. */
  read(path: string): void {
    if (++this.#files > MAX_FILES)
      throw new Fault('usage', `More than ${MAX_FILES} files include each other. Import them one by one.`)
    const lines = new LineCounter()
    const [document, second] = parseYaml(this.#sources.read(path), path, lines)
    const text = { path, lines }
    this.#open.push(path)
    try {
      if (document?.contents) this.#entries(document.contents, text)
      if (second?.contents)
        this.#collector.remark(
          placeOf(second.contents, text),
          '---',
          'ser2net reads the first document of a file alone'
        )
    } finally {
      this.#open.pop()
    }
  }

  #entries(contents: ParsedNode, text: Text): void {
    if (!isMap(contents)) {
      this.#collector.remark(
        placeOf(contents, text),
        shownText(contents),
        'entries like connection: belong here'
      )
      return
    }
    for (const field of contents.items) {
      const place = placeOf(field.key, text)
      const key = shownText(field.key)
      try {
        this.#entry(key, field.value, place, text)
      } catch (error) {
        if (!(error instanceof NotImportable)) throw error
        this.#collector.remark(place, `${key} ${anchorOf(field.value) ?? ''}`.trim(), error.message)
      }
    }
  }

  #entry(key: string, value: ParsedNode | null, place: Place, text: Text): void {
    switch (key) {
      case 'define':
        this.#define(value, text)
        return
      case 'include':
        this.#include(this.#texts.read(value, text.path), text)
        return
      case 'connection':
        this.#connection(value, place, text)
        return
      case 'rotator':
        this.#rotator(value, place, text)
        return
      case 'default':
      case 'delete_default':
        this.#default(key, value, text)
        return
      case 'admin':
        throw new NotImportable(
          'Farport has no admin port: farport list, disable, disconnect act on the running one'
        )
      case 'led':
        throw new NotImportable('Farport drives no LEDs')
      default:
        throw new NotImportable('ser2net knows no such entry')
    }
  }

  #define(value: ParsedNode | null, text: Text): void {
    if (anchorOf(value) === undefined) throw new NotImportable('it has no name: define: &NAME TEXT')
    this.#texts.read(value, text.path)
  }

  #include(pattern: string, { path }: Text): void {
    const files = this.#sources.list(pattern, path)
    if (files.length === 0) throw new NotImportable(`there is no file ${pattern}`)
    const reasons: string[] = []
    for (const file of files) {
      try {
        if (this.#open.includes(file)) throw new NotImportable(`${file} includes itself`)
        this.read(file)
      } catch (error) {
        // The others are read all the same.
        reasons.push(error instanceof NotImportable ? error.message : toFault(error).message)
      }
    }
    if (reasons.length > 0) throw new NotImportable(reasons.join('; '))
  }

  #connection(value: ParsedNode | null, place: Place, text: Text): void {
    const fields = this.#fields(
      value,
      ['name', 'accepter', 'timeout', 'enable', 'connector', 'options'],
      text
    )
    const name = anchorOf(value) ?? fields.text('name')
    const draft = new Draft(place, name ?? '', `connection ${name ?? ''}`.trim())
    takeDefaults(draft, this.#defaults)
    const accepter = readAccepter(fields.needed('accepter'), this.#defaults)
    draft.listen = [...accepter.urls]
    draft.isOpen = accepter.isOpen
    for (const [what, reason] of accepter.notes) draft.note(what, reason, fields.place('accepter'))
    draft.timeoutSeconds = readTimeout(fields.text('timeout') ?? '0')
    draft.enabled = readBoolean(fields.text('enable') ?? 'on')
    readConnector(draft, fields.needed('connector'), this.#defaults)
    const login = this.#login()
    for (const option of this.#options(fields.node('options'))) {
      const optionPlace = placeOf(option.key, text)
      const optionName = this.#texts.read(option.key, text.path)
      const shown = `${optionName}: ${shownText(option.value)}`
      // An LED is no text; that there are none is said in any case.
      const optionValue = optionName.startsWith('led-') ? '' : this.#texts.read(option.value, text.path)
      if (accepter.needsLogin && LOGIN_OPTIONS.has(optionName)) {
        login.set(optionName, optionValue)
        draft.hasOwnUsers ||= optionName !== 'pamauth'
      } else takeOption(draft, this.#defaults, optionName, optionValue, shown, optionPlace)
    }
    if (accepter.needsLogin)
      for (const [what, reason] of loginNotes(
        login,
        this.#sources,
        text.path,
        draft.hasOwnUsers ? draft.name : undefined
      ))
        draft.note(what, reason, fields.place('accepter'))
    fields.tellOthers((what, reason, at) => draft.note(what, reason, at))
    this.#collector.add(draft)
  }

  #rotator(value: ParsedNode | null, place: Place, text: Text): void {
    const fields = this.#fields(value, ['name', 'accepter', 'connections', 'options'], text)
    const name = anchorOf(value) ?? fields.text('name') ?? ''
    const accepter = readAccepter(fields.needed('accepter'), this.#defaults)
    const members = fields.node('connections')
    if (!isSeq(members)) throw new NotImportable('connections: needs a list of connections')
    const names = members.items.map((each) =>
      isAlias(each) ? each.source : this.#texts.read(each as Node, text.path)
    )
    const login = this.#login()
    for (const option of this.#options(fields.node('options'))) {
      const optionName = this.#texts.read(option.key, text.path)
      if (accepter.needsLogin && LOGIN_OPTIONS.has(optionName))
        login.set(optionName, this.#texts.read(option.value, text.path))
      else
        this.#collector.remark(
          placeOf(option.key, text),
          `${optionName}: ${shownText(option.value)}`,
          'a rotator of Farport has no such option, and needs none where it asks for no login',
          name
        )
    }
    if (accepter.needsLogin)
      for (const [what, reason] of loginNotes(login, this.#sources, text.path))
        this.#collector.remark(fields.place('accepter') ?? place, what, reason, name)
    fields.tellOthers((what, reason, at) => this.#collector.remark(at, what, reason, name))
    this.#collector.addRotator(`rotator ${name}`.trim(), { place, name, accepter, members: names })
  }

  /** Who may log in, as far as defaults say it. */
  #login(): Map<string, string> {
    const login = new Map<string, string>()
    for (const name of LOGIN_OPTIONS) {
      const value = this.#defaults.get(name, 'ser2net')
      if (value !== undefined) login.set(name, value)
    }
    return login
  }

  #default(key: 'default' | 'delete_default', value: ParsedNode | null, text: Text): void {
    const fields = this.#fields(value, ['name', 'value', 'class'], text)
    const name = fields.needed('name')
    const kind = fields.text('class')
    try {
      if (key === 'default') this.#defaults.set(name, fields.text('value') ?? '', kind)
      else this.#defaults.delete(name, kind ?? '')
    } catch (error) {
      if (!(error instanceof NotImportable)) throw error
      throw new NotImportable(`${name}: ${error.message}`)
    }
    fields.tellOthers((what, reason, at) => this.#collector.remark(at, what, reason, name))
  }

  #options(node: ParsedNode | undefined): Field[] {
    if (node === undefined || (isScalar(node) && shownText(node) === '')) return []
    if (!isMap(node)) throw new NotImportable('options: needs a table of options')
    return node.items
  }

  #fields(value: ParsedNode | null, known: readonly string[], text: Text): Fields {
    if (!isMap(value)) throw new NotImportable('a table of settings belongs here')
    return new Fields(value.items, known, text, this.#texts)
  }
}
