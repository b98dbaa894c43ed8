/**
 * The settings at a start. Something is always loaded: from the file, else from the copy of the last good one, else the
 * defaults; and what was wrong is told. Only a file that is fine for somebody else is refused: one of a newer Farport, and one
 * that is open to others or theirs.
 */
import { Fault, toFault } from '../contract/faults.ts'
import { FRESH_SETTINGS, type Settings } from '../contract/settings.ts'
import { putAside, readPrivate, writePrivate } from './private-file.ts'
import { formatSettings, readSettings } from './settings-text.ts'

export interface FirstReading {
  readonly settings: Settings
  /** What stands in the file by now; undefined: nothing that is good. */
  readonly text: string | undefined
}

/** The copy of the last good file, beside it. */
export function copyOf(path: string): string {
  return `${path}.bak`
}

/**
 * Throws `settings-newer` and `settings-access`; everything else goes to `report`: what was broken and where, what is in force
 * instead, what could not be written.
 */
export async function firstReading(path: string, report: (fault: Fault) => void): Promise<FirstReading> {
  const found = await attempt(path)
  if (found === undefined) {
    // Removed on purpose, perhaps: the copy is not taken unasked.
    const copy = await attempt(copyOf(path))
    if (copy)
      report(
        new Fault(
          'settings-broken',
          `There is no ${path}: Farport starts with its defaults. The last good settings are in ${copyOf(path)}; ` +
            'give that the name of the file to have them back.'
        )
      )
    return { settings: FRESH_SETTINGS, text: undefined }
  }
  if (found instanceof Fault) return fromCopy(path, found, report)
  const { settings, text, version } = found
  if (version === settings.version) {
    await keepCopy(path, text, report)
    return { settings, text }
  }
  return migrated(path, { settings, text, version }, report)
}

/** Keeps a copy of what is good, where it is not kept yet: of the file itself, an editor could make half a file. */
export async function keepCopy(path: string, text: string, report: (fault: Fault) => void): Promise<void> {
  try {
    if ((await readPrivate(copyOf(path)).catch(() => undefined)) !== text)
      await writePrivate(copyOf(path), text)
  } catch (error) {
    report(toFault(error))
  }
}

interface Good {
  readonly settings: Settings
  readonly text: string
  readonly version: number
}

/** Undefined: no file; a Fault: it is broken. Throws what refuses the start. */
async function attempt(path: string): Promise<Good | Fault | undefined> {
  try {
    const text = await readPrivate(path)
    return text === undefined ? undefined : { text, ...readSettings(text, path) }
  } catch (error) {
    const fault = toFault(error)
    if (fault.code !== 'settings-broken') throw fault
    return fault
  }
}

async function fromCopy(path: string, why: Fault, report: (fault: Fault) => void): Promise<FirstReading> {
  const copy = await attempt(copyOf(path))
  const good = copy === undefined || copy instanceof Fault ? undefined : copy
  const settings = good?.settings ?? FRESH_SETTINGS
  const instead = good
    ? `The last good settings, ${copyOf(path)}, are in force.`
    : 'There is no good copy of it either: Farport starts with its defaults.'
  const tell = (of: Fault, fate: string): void => report(new Fault(of.code, `${of.message} ${fate}`, of))
  try {
    tell(why, `It was put aside as ${await putAside(path)}. ${instead}`)
  } catch (error) {
    tell(why, `It could not be put aside. ${instead}`)
    report(toFault(error))
    return { settings, text: undefined }
  }
  try {
    if (copy instanceof Fault) tell(copy, `It was put aside as ${await putAside(copyOf(path))}.`)
    // Over the broken one, so that there always is one: a crash in between changes nothing.
    const text = formatSettings(settings)
    await writePrivate(path, text)
    return { settings, text }
  } catch (error) {
    report(toFault(error))
    return { settings, text: undefined }
  }
}

/** Written anew at once: ids that it made must stay. What was there stays too, for a Farport of before. */
async function migrated(path: string, old: Good, report: (fault: Fault) => void): Promise<FirstReading> {
  const text = formatSettings(old.settings)
  try {
    await writePrivate(`${path}.version-${old.version}`, old.text)
    await writePrivate(path, text)
  } catch (error) {
    report(toFault(error))
    return { settings: old.settings, text: old.text }
  }
  await keepCopy(path, text, report)
  return { settings: old.settings, text }
}
