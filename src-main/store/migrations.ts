/**
 * From one version of the settings file to the next. A migration gets what nobody has checked yet: it takes what it knows
 * and leaves the rest for the schema to complain of.
 */
import { createHash, randomBytes } from 'node:crypto'

export type Raw = Readonly<Record<string, unknown>>
/** Must not change what it gets; what it throws is told as the reason. */
export type Migration = (old: Raw) => Raw

/** Hex digits. */
const ID_LENGTH = 12

/** For a new share, link or rotator: never used before, so that no old permission fits it. */
export function newId(): string {
  return randomBytes(ID_LENGTH / 2).toString('hex')
}

/**
 * Version 0: shares and links as `share.start` and `link.start` take them. For those who write the file by a program: it needs
 * no ids, says `disabled` for what is off, and rotators name their shares. Ids come of the names: whoever writes the file again
 * means the same share by the same name.
 */
const fromCommands: Migration = (old) => {
  const shares = entries(old.shares).map(withId('share'))
  const ids = new Map(shares.filter(isRaw).map(({ name, id }) => [name, id]))
  const rotators = entries(old.rotators)
    .map(withId('rotator'))
    .map((rotator) =>
      isRaw(rotator) && Array.isArray(rotator.shares)
        ? { ...rotator, shares: rotator.shares.map((name: unknown) => ids.get(name) ?? name) }
        : rotator
    )
  return { ...old, shares, links: entries(old.links).map(withId('link')), rotators }
}

/** At index N: from version N to N + 1. */
export const MIGRATIONS: readonly Migration[] = [fromCommands]

const withId =
  (kind: string) =>
  (entry: unknown): unknown => {
    if (!isRaw(entry)) return entry
    const { disabled, ...fields } = entry
    const id = createHash('sha256')
      .update(`${kind} ${JSON.stringify(entry.name)}`)
      .digest('hex')
      .slice(0, ID_LENGTH)
    return { id, enabled: disabled !== true, ...fields }
  }

function entries(list: unknown): readonly unknown[] {
  return Array.isArray(list) ? list : list === undefined ? [] : [list]
}

export function isRaw(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
