/**
 * From one version of the settings file to the next. A migration gets what nobody has checked yet: it takes what it knows
 * and leaves the rest for the schema to complain of.
 */
import { randomBytes } from 'node:crypto'

export type Raw = Readonly<Record<string, unknown>>
/** Must not change what it gets; what it throws is told as the reason. */
export type Migration = (old: Raw) => Raw

/** For a new share, link or rotator: never used before, so that no old permission fits it. */
export function newId(): string {
  return randomBytes(6).toString('hex')
}

/**
 * Version 0: shares and links as `share.start` and `link.start` take them. For those who write the file by a program: it needs
 * no ids, says `disabled` for what is off, and rotators name their shares.
 */
const fromCommands: Migration = (old) => {
  const shares = entries(old.shares).map(withId)
  const idsByName = new Map(shares.filter(isRaw).map(({ name, id }) => [name, id]))
  const rotators = entries(old.rotators)
    .map(withId)
    .map((rotator) =>
      isRaw(rotator) && Array.isArray(rotator.shares)
        ? { ...rotator, shares: rotator.shares.map((name: unknown) => idsByName.get(name) ?? name) }
        : rotator
    )
  return { ...old, shares, links: entries(old.links).map(withId), rotators }
}

/** At index N: from version N to N + 1. */
export const MIGRATIONS: readonly Migration[] = [fromCommands]

function withId(entry: unknown): unknown {
  if (!isRaw(entry)) return entry
  const { disabled, ...fields } = entry
  return { id: newId(), enabled: disabled !== true, ...fields }
}

function entries(list: unknown): readonly unknown[] {
  return Array.isArray(list) ? list : list === undefined ? [] : [list]
}

export function isRaw(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
