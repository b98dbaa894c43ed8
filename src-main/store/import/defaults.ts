/**
 * ser2net's `default`s, as they stand at one place of a file: a value of a class of gensios wins over one for all classes. Called by the
 * readers; a default that nothing here can use is refused when it is set, so that it is told once and not with every connection.
 */
import { Draft, freshSerial } from './draft.ts'
import { NotImportable } from './found.ts'
import { guardsAccess, isAsHere, isConnectionOption, setOption, unusedReason } from './options.ts'
import { isSerialOption, plainName, setSerial } from './serial.ts'
import { readBoolean } from './words-of.ts'

const ALL = ''

/** Of ssl; in ser2net those of files have a default of the class, so that one for all classes has no effect. */
const SSL_FILES: ReadonlySet<string> = new Set(['ca', 'cert', 'key'])
const LOGIN_DEFAULTS: ReadonlySet<string> = new Set(['authdir', 'allowed-users'])
const SSL_SWITCHES: ReadonlySet<string> = new Set(['clientauth', 'allow-authfail'])

export class Defaults {
  /** By class, then by name. */
  readonly #values = new Map<string, Map<string, string>>()

  #lostGuard: string | undefined

  /** A default that keeps strangers out could not be taken over: which one, and why. Then nothing behind it may be. */
  get lostGuard(): string | undefined {
    return this.#lostGuard
  }

  /** Throws NotImportable. `kind`: the class; absent or empty: all of them. */
  set(name: string, value: string, kind = ALL): void {
    const [plain, of] = placed(name, kind)
    try {
      check(plain, of, value)
    } catch (error) {
      if (error instanceof NotImportable && (guardsAccess(plain) || SSL_SWITCHES.has(plain)))
        this.#lostGuard = `${plain}, which says who may come, is not imported: ${error.message}`
      throw error
    }
    const values = this.#values.get(of) ?? new Map<string, string>()
    values.set(plain, value)
    this.#values.set(of, values)
  }

  delete(name: string, kind: string): void {
    const [plain, of] = placed(name, kind)
    this.#values.get(of)?.delete(plain)
  }

  get(name: string, kind: string): string | undefined {
    return this.#values.get(kind)?.get(name) ?? this.#values.get(ALL)?.get(name)
  }

  /** What holds for a class, in the order in which it was set, those for all classes first. */
  *of(kind: string): Generator<readonly [name: string, value: string]> {
    const own = this.#values.get(kind)
    for (const [name, value] of this.#values.get(ALL) ?? []) if (!own?.has(name)) yield [name, value]
    yield* own ?? []
  }
}

/** `remctl` of ser2net 3 is telnet's affair. */
function placed(name: string, kind: string): [name: string, kind: string] {
  const plain = plainName(name)
  return plain === 'remctl' ? ['rfc2217', 'telnet'] : [plain, kind.trim() === 'default' ? ALL : kind.trim()]
}

/** Each value is tried once, so that it fails where it stands. */
function check(name: string, kind: string, value: string): void {
  const isConnections = kind === ALL || kind === 'ser2net'
  if (isConnections && LOGIN_DEFAULTS.has(name)) return
  const unused = isConnections ? unusedReason(name, value) : undefined
  if (unused !== undefined) throw new NotImportable(unused)
  if (isConnections && isAsHere(name, value)) return
  if (!isUsed(name, kind)) throw new NotImportable('Farport has nothing that this would be a default of')
  if (name === 'rfc2217' || SSL_SWITCHES.has(name)) readBoolean(value)
  else if (kind === 'ssl') return
  else if (isSerialOption(name)) setSerial(freshSerial(), name, value, () => undefined)
  else setOption(new Draft({ file: '', line: 0 }, '', ''), name, value)
}

function isUsed(name: string, kind: string): boolean {
  switch (kind) {
    case 'serialdev':
      return isSerialOption(name)
    case 'telnet':
      return name === 'rfc2217'
    case 'ssl':
      return SSL_FILES.has(name) || SSL_SWITCHES.has(name)
    case 'ser2net':
      return isConnectionOption(name)
    default:
      return (
        kind === ALL &&
        (isSerialOption(name) || name === 'rfc2217' || SSL_SWITCHES.has(name) || isConnectionOption(name))
      )
  }
}
