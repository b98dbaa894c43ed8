/** The words behind a device in a ser2net.conf (3.x), and the names that they may use. Called by conf-reader.ts; fills a draft. */
import { takeOption } from './connection.ts'
import type { Defaults } from './defaults.ts'
import type { Draft } from './draft.ts'
import { NotImportable } from './found.ts'
import { isConnectionOption, unusedReason } from './options.ts'
import { plainName, takeSerialWord } from './serial.ts'
import { words } from './stack.ts'

export const TEXT_KINDS = ['BANNER', 'SIGNATURE', 'OPENSTR', 'CLOSESTR', 'CLOSEON'] as const
export type TextKind = (typeof TEXT_KINDS)[number]

export interface ConfNames {
  /** One name is of one kind: the last one that was said. */
  readonly texts: Map<string, { readonly kind: TextKind; readonly text: string }>
  readonly files: Map<string, string>
  readonly rs485: Map<string, string>
}

const KIND_OPTIONS: Readonly<Record<TextKind, string>> = {
  BANNER: 'banner',
  SIGNATURE: 'signature',
  OPENSTR: 'openstr',
  CLOSESTR: 'closestr',
  CLOSEON: 'closeon'
}

const TRACES: Readonly<Record<string, string>> = { tr: 'trace-read', tw: 'trace-write', tb: 'trace-both' }

/** Answers what `remctl` says; undefined: nothing. Throws NotImportable where the line must not be imported without a word. */
export function takeConfOptions(
  draft: Draft,
  options: string,
  names: ConfNames,
  defaults: Defaults
): boolean | undefined {
  let remote: boolean | undefined
  for (const word of words(options, /\s/)) {
    if (/^-?remctl$/i.test(word)) remote = !word.startsWith('-')
    else
      try {
        takeWord(draft, word, names, defaults)
      } catch (error) {
        if (!(error instanceof NotImportable)) throw error
        // Who may come is no option that can be left out.
        if (plainName(word).startsWith('remaddr')) throw error
        draft.note(word, error.message)
      }
  }
  return remote
}

function takeWord(draft: Draft, word: string, names: ConfNames, defaults: Defaults): void {
  const text = names.texts.get(word)
  if (text) {
    take(draft, defaults, KIND_OPTIONS[text.kind], text.text, word)
    return
  }
  const [, off, name = '', value] = /^(-?)([^=]*)(?:=(.*))?$/s.exec(word) ?? []
  const plain = plainName(name)
  const file = value === undefined || !Object.hasOwn(TRACES, plain) ? undefined : TRACES[plain]
  if (file !== undefined) {
    const path = names.files.get(value ?? '')
    if (path === undefined) throw new NotImportable(`no TRACEFILE further up is called ${value ?? ''}`)
    take(draft, defaults, file, path, word)
    return
  }
  if (plain === 'rs485' && value !== undefined && draft.serial) {
    const conf = names.rs485.get(value)
    if (conf === undefined) throw new NotImportable(`no RS485CONF further up is called ${value}`)
    takeSerialWord(draft.serial, `rs485=${conf}`, (reason) => draft.note(word, reason))
    return
  }
  const option = optionName(plain)
  if (isConnectionOption(option) || unusedReason(option, 'true') !== undefined) {
    const isOff = off === '-' || plain.startsWith('disable-')
    take(draft, defaults, option, value ?? (isOff ? 'false' : 'true'), word)
    return
  }
  const { serial } = draft
  if (!serial || !takeSerialWord(serial, word, (reason) => draft.note(word, reason)))
    throw new NotImportable('ser2net knows no such option, and no text further up is called so')
}

function take(draft: Draft, defaults: Defaults, name: string, value: string, shown: string): void {
  takeOption(draft, defaults, name, value, shown, draft.place)
}

/** `hexdump` → `trace-hexdump`, `tr-timestamp` → `trace-read-timestamp`, `disable-chardelay` → `chardelay`. */
function optionName(plain: string): string {
  const [, kind, flag] = /^(?:(tr|tw|tb)-)?(hexdump|timestamp)$/.exec(plain) ?? []
  if (flag !== undefined) return `${kind === undefined ? 'trace' : (TRACES[kind] ?? 'trace')}-${flag}`
  return plain.replace(/^disable-/, '')
}
