/** The settings as text and back. Called by who has the file; knows no file itself. */
import * as v from 'valibot'
import { Fault } from '../contract/faults.ts'
import { SETTINGS_VERSION, settingsSchema, type Settings } from '../contract/settings.ts'
import { JsonTextError, readJson, type JsonText, type Path } from './json-text.ts'
import { isRaw, MIGRATIONS, type Migration, type Raw } from './migrations.ts'

export interface SettingsRead {
  readonly settings: Settings
  /** The version that the text was of. */
  readonly version: number
}

/** Longest piece of the file's own text in a message. */
const MAX_QUOTE = 60

/** Two spaces and the order of the schema: the same settings are always the same text. */
export function formatSettings(settings: Settings): string {
  return `${JSON.stringify(v.parse(settingsSchema, settings), undefined, 2)}\n`
}

/**
 * `where` is how messages call the text. Throws the Fault `settings-broken` with line, column and reason, or `settings-newer`.
 * `migrations`: for tests; as many as there are versions before this one.
 */
export function readSettings(text: string, where: string, migrations = MIGRATIONS): SettingsRead {
  const json = parse(text, where)
  const { value } = json
  if (!isRaw(value)) throw broken(where, json, [], 'settings begin with "{"')
  const version = versionOf(value, json, where)
  const current = migrate(value, version, migrations, (reason) => broken(where, json, [], reason))
  const result = v.safeParse(settingsSchema, current)
  if (!result.success) throw misfit(where, json, result.issues[0])
  const dropped = unlike(current, result.output)
  if (dropped) throw broken(where, json, dropped, `${quote(valueAt(current, dropped))} does not fit here`)
  return { settings: result.output, version }
}

/** What a program made of settings. Throws the Fault `usage`, which names the field that does not fit. */
export function checkSettings(made: Settings): Settings {
  const result = v.safeParse(settingsSchema, made)
  if (result.success) return result.output
  const { issue, path } = innermost(result.issues[0], [])
  throw new Fault('usage', `Settings do not fit: ${formatPath(path)}: ${reasonOf(issue)}.`)
}

function parse(text: string, where: string): JsonText {
  try {
    return readJson(text)
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error
    const { line, column } = error.place
    throw new Fault('settings-broken', `${where}, line ${line}, column ${column}: ${error.message}.`, error)
  }
}

function versionOf(value: Raw, json: JsonText, where: string): number {
  const { version } = value
  if (version === undefined)
    throw broken(where, json, [], `"version" is missing; this Farport writes ${SETTINGS_VERSION}`)
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 0)
    throw broken(where, json, ['version'], `a version is a whole number, not ${quote(version)}`)
  if (version > SETTINGS_VERSION)
    throw new Fault(
      'settings-newer',
      `${where} was written by a newer Farport (its version is ${version}, this one knows ${SETTINGS_VERSION}). ` +
        'Use the newer Farport, or put the file elsewhere to start afresh.'
    )
  return version
}

function migrate(
  value: Raw,
  from: number,
  migrations: readonly Migration[],
  fail: (reason: string) => Fault
): Raw {
  let current = value
  for (let version = from; version < SETTINGS_VERSION; version++) {
    const step = migrations[version]
    if (!step) throw fail(`version ${version} cannot be read any more`)
    try {
      current = { ...step(current), version: version + 1 }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw fail(`version ${version} could not be brought to version ${version + 1}: ${reason}`)
    }
  }
  return current
}

type Issue = v.BaseIssue<unknown>

function misfit(where: string, json: JsonText, first: Issue): Fault {
  const { issue, path } = innermost(first, [])
  if (issue.kind !== 'schema') return broken(where, json, path, reasonOf(issue))
  const key = quote(path.at(-1))
  if (issue.expected === 'never')
    return broken(where, json, path.slice(0, -1), `${key} is not known here`, json.placeOf(path, 'key'))
  // A key that is missing is told as the object that lacks it.
  if (issue.input === undefined) return broken(where, json, path.slice(0, -1), `${key} is missing`)
  return broken(where, json, path, reasonOf(issue))
}

/** Of the alternatives of a union the one that fits furthest. */
function innermost(issue: Issue, above: Path): { readonly issue: Issue; readonly path: Path } {
  const path = [...above, ...(issue.path ?? []).map(({ key }) => key as string | number)]
  const inner = (issue.issues ?? []).map((each) => innermost(each, path))
  const deepest = inner.reduce<(typeof inner)[number] | undefined>(
    (best, each) => (each.path.length > (best?.path.length ?? path.length) ? each : best),
    undefined
  )
  return deepest ?? { issue, path }
}

function reasonOf(issue: Issue): string {
  // Ours, from the contract: they begin in lower case, the library's own do not.
  if (/^[a-z]/.test(issue.message)) return issue.message
  const expected = (issue.expected ?? 'something else')
    .replaceAll('Object', 'an object')
    .replaceAll('Array', 'a list')
    .replaceAll(' | ', ' or ')
    .replace(/^\((.*)\)$/, '$1')
    .replace(/^!0$/, 'some text')
  return `${quote(issue.input)} does not fit; expected is ${expected}`
}

function broken(
  where: string,
  json: JsonText,
  path: Path,
  reason: string,
  place = json.placeOf(path)
): Fault {
  const inside = path.length === 0 ? '' : `${formatPath(path)}: `
  return new Fault(
    'settings-broken',
    `${where}, line ${place.line}, column ${place.column}: ${inside}${reason}.`
  )
}

/** `shares[2].port.settings.baudRate` */
function formatPath(path: Path): string {
  return path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${plain(key)}`))
    .join('')
}

function plain(key: string): string {
  return /^[\w-]+$/.test(key) ? key : quote(key)
}

function quote(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length > MAX_QUOTE ? `${text.slice(0, MAX_QUOTE)}…` : text
}

/**
 * Where the schema let something pass that it did not take over: a list in the place of an object, or a key that every object
 * of the language has.
 */
function unlike(given: unknown, taken: unknown, path: Path = []): Path | undefined {
  if (typeof given !== 'object' || given === null) return undefined
  if (typeof taken !== 'object' || taken === null || Array.isArray(given) !== Array.isArray(taken))
    return path
  for (const [key, value] of Object.entries(given)) {
    const inner = [...path, Array.isArray(given) ? Number(key) : key]
    const found = Object.hasOwn(taken, key) ? unlike(value, (taken as Raw)[key], inner) : inner
    if (found) return found
  }
  return undefined
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Raw)[key], value)
}
