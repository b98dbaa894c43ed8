/**
 * What to do about settings that changed: the fewest steps, in the order in which they are possible. Pure; core takes them.
 * What no step names goes on as it is.
 */
import type {
  LinkEntry,
  PeerEntry,
  Preferences,
  RotatorEntry,
  Settings,
  ShareEntry
} from '../contract/settings.ts'
import { readVirtual } from '../contract/virtual.ts'

interface Entries {
  readonly share: ShareEntry
  readonly link: LinkEntry
  readonly rotator: RotatorEntry
}
export type EntryKind = keyof Entries

/**
 * `stop` ends it for good; `start` makes it anew, which may be a disabled one. Something that changed is stopped and started.
 * `disable` and `enable`: nothing else about it changed, but perhaps its name. `rename`: the name, and nothing that needs a new one; the
 * entry is the new one. `tune`: its own line settings, in the same way; `record`: whether its traffic is kept. `shed` and `amend`: its
 * listeners and rules, in the same way: the one ends what it has no place for any more, the other begins what is new.
 */
export type Step =
  | {
      readonly action: 'stop'
      readonly kind: EntryKind
      readonly id: string
      readonly why: 'removed' | 'changed'
    }
  | { readonly action: 'disable' | 'enable'; readonly kind: EntryKind; readonly id: string }
  | {
      [Kind in EntryKind]: {
        readonly action: 'start'
        readonly kind: Kind
        readonly entry: Entries[Kind]
        readonly why: 'added' | 'changed'
      }
    }[EntryKind]
  | { readonly action: 'rename'; readonly kind: 'share'; readonly entry: ShareEntry }
  | { readonly action: 'rename'; readonly kind: 'link'; readonly entry: LinkEntry }
  | { readonly action: 'tune'; readonly kind: 'share'; readonly entry: ShareEntry }
  | { readonly action: 'tune'; readonly kind: 'link'; readonly entry: LinkEntry }
  | { readonly action: 'record'; readonly kind: 'link'; readonly entry: LinkEntry }
  | { readonly action: 'shed'; readonly kind: 'share'; readonly entry: ShareEntry }
  | { readonly action: 'amend'; readonly kind: 'share'; readonly entry: ShareEntry }

/** `what` changed about a peer. Not trusted any more, or removed: what it has open ends. */
export interface PeerStep {
  readonly id: string
  readonly what: 'added' | 'removed' | 'trust' | 'permissions' | 'label'
}

export interface Difference {
  /**
   * Everything that ends comes before anything that begins, so that an address or a device can go from one to another; and
   * rotators, links, shares end in this order and begin in the opposite one. New names come first of all. A rotator whose share is made anew is not: it
   * finds its shares by their ids.
   */
  readonly steps: readonly Step[]
  readonly peers: readonly PeerStep[]
  readonly preferences: readonly (keyof Preferences)[]
  /** The computer's name. */
  readonly name: boolean
}

export function difference(before: Settings, after: Settings): Difference {
  const shares = steps('share', before.shares, after.shares, {
    keepsOn: () => true,
    withSettings: (entry, { port: { settings } }) => ({ ...entry, port: { ...entry.port, settings } }),
    withRules: (entry, other) => ({ ...other, ...ofTheWhole(entry) })
  })
  const links = steps('link', before.links, after.links, {
    keepsOn: (entry) => !isPathOfName(entry),
    withSettings: (entry, { port: { settings } }) =>
      isTuned(entry) ? { ...entry, port: { ...entry.port, settings } } : entry,
    withRules: (entry, { record }) => ({ ...entry, record })
  })
  // Nobody leaves when one is made anew.
  const rotators = steps('rotator', before.rotators, after.rotators, {
    keepsOn: () => false,
    withSettings: (entry) => entry,
    withRules: (entry) => entry
  })
  return {
    steps: [
      ...shares.inPlace,
      ...links.inPlace,
      ...rotators.ends,
      ...links.ends,
      ...shares.ends,
      ...shares.begins,
      ...links.begins,
      ...rotators.begins
    ],
    peers: peerSteps(before.peers, after.peers),
    preferences: keysOf(after.preferences).filter(
      (key) => !same(before.preferences[key], after.preferences[key])
    ),
    name: before.name !== after.name
  }
}

/** What a share has from its beginning to its end; everything else about it may change while it runs. */
function ofTheWhole({ id, name, enabled, port, oneWay, openString, closeString, trace }: ShareEntry) {
  return { id, name, enabled, port, oneWay, openString, closeString, trace }
}

/** A virtual port without a place of its own is found under the link's name; one with a number never is. */
function isPathOfName({ port, to }: LinkEntry): boolean {
  return [port.target, to].some((end) => {
    const place = readVirtual(end)
    return place?.at === '' && place.kind !== 'com'
  })
}

/** One between a port and a program. A cable has two ends that agree, which begin together. */
function isTuned({ port, to }: LinkEntry): boolean {
  return readVirtual(to) !== undefined && readVirtual(port.target) === undefined
}

/** What is not made anew: `keepsOn`: it may get another name while it goes on; `withSettings`: as it would be with the other's settings of its own; `withRules`: and with its rules. */
interface Lasting<Entry> {
  readonly keepsOn: (entry: Entry) => boolean
  readonly withSettings: (entry: Entry, other: Entry) => Entry
  readonly withRules: (entry: Entry, other: Entry) => Entry
}

interface Steps {
  readonly inPlace: readonly Step[]
  readonly ends: readonly Step[]
  readonly begins: readonly Step[]
}

function steps<Kind extends EntryKind>(
  kind: Kind,
  before: readonly Entries[Kind][],
  after: readonly Entries[Kind][],
  { keepsOn, withSettings, withRules }: Lasting<Entries[Kind]>
): Steps {
  const inPlace: Step[] = []
  const ends: Step[] = []
  const begins: Step[] = []
  const old = byId(before)
  const kept = byId(after)
  for (const { id } of before) if (!kept.has(id)) ends.push({ action: 'stop', kind, id, why: 'removed' })
  for (const entry of after) {
    const { id, enabled, name } = entry
    const was = old.get(id)
    if (!was) {
      begins.push(start(kind, entry, 'added'))
      continue
    }
    const tuned = withSettings(was, entry)
    const like = withRules(tuned, entry)
    if (!same({ ...like, enabled, ...(keepsOn(entry) && { name }) }, entry)) {
      ends.push({ action: 'stop', kind, id, why: 'changed' })
      begins.push(start(kind, entry, 'changed'))
      continue
    }
    if (!same(tuned, was)) inPlace.push(goesOn('tune', kind, entry))
    if (!same(like, tuned) && kind === 'link') inPlace.push(goesOn('record', kind, entry))
    else if (!same(like, tuned)) {
      ends.push(goesOn('shed', kind, entry))
      begins.push(goesOn('amend', kind, entry))
    }
    if (was.name !== name) inPlace.push(goesOn('rename', kind, entry))
    if (enabled && !was.enabled) begins.push({ action: 'enable', kind, id })
    else if (!enabled && was.enabled) ends.push({ action: 'disable', kind, id })
  }
  return { inPlace, ends, begins }
}

function start<Kind extends EntryKind>(kind: Kind, entry: Entries[Kind], why: 'added' | 'changed'): Step {
  // The kind and its entry belong together; the compiler does not follow that through a generic.
  return { action: 'start', kind, entry, why } as Step
}

function goesOn<Kind extends EntryKind>(
  action: 'rename' | 'tune' | 'record' | 'shed' | 'amend',
  kind: Kind,
  entry: Entries[Kind]
): Step {
  return { action, kind, entry } as Step
}

function peerSteps(before: readonly PeerEntry[], after: readonly PeerEntry[]): PeerStep[] {
  const old = byId(before)
  const kept = byId(after)
  const removed = before
    .filter(({ id }) => !kept.has(id))
    .map(({ id }): PeerStep => ({ id, what: 'removed' }))
  const changed = after.flatMap((peer): PeerStep[] => {
    const { id } = peer
    const was = old.get(id)
    if (!was) return [{ id, what: 'added' }]
    const told: PeerStep[] = []
    if (was.trust !== peer.trust) told.push({ id, what: 'trust' })
    if (!same(was.permissions, peer.permissions)) told.push({ id, what: 'permissions' })
    if (was.name !== peer.name || was.since !== peer.since || !same(was.addresses, peer.addresses))
      told.push({ id, what: 'label' })
    return told
  })
  return [...removed, ...changed]
}

function byId<Each extends { readonly id: string }>(list: readonly Each[]): ReadonlyMap<string, Each> {
  return new Map(list.map((each) => [each.id, each]))
}

function keysOf<T extends object>(value: T): (keyof T)[] {
  return Object.keys(value) as (keyof T)[]
}

/** Plain values as in the file: a field that is undefined is one that is absent, and the order of fields says nothing. */
function same(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (Array.isArray(one) !== Array.isArray(other)) return false
  const [mine, theirs] = [one as Record<string, unknown>, other as Record<string, unknown>]
  if (Array.isArray(one) && Array.isArray(other) && one.length !== other.length) return false
  return [...new Set([...Object.keys(mine), ...Object.keys(theirs)])].every((key) =>
    same(mine[key], theirs[key])
  )
}
