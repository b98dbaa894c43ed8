/** The groups of the Network page from one state to the next, and those that somebody searches for. Pure, but for what it had before. */
import { networkGroups, type NetworkFacts, type NetworkGroup } from './network.ts'

/** The groups of each new state: what did not change is the same object as before, so that nothing else is drawn anew. */
export class NetworkList {
  #before: ReadonlyMap<string, NetworkGroup> = new Map()

  next(facts: NetworkFacts): readonly NetworkGroup[] {
    const groups = networkGroups(facts).map((each) => kept(this.#before.get(each.key), each))
    this.#before = new Map(groups.map((each) => [each.key, each]))
    return groups
  }
}

function kept(old: NetworkGroup | undefined, fresh: NetworkGroup): NetworkGroup {
  if (!old) return fresh
  const before = new Map(old.ports.map((each) => [each.key, each]))
  const all = fresh.ports.map((each) => {
    const known = before.get(each.key)
    return known && isSame(known, each) ? known : each
  })
  const isKept = all.length === old.ports.length && all.every((each, place) => each === old.ports[place])
  const group = { ...fresh, ports: isKept ? old.ports : all }
  return isSame(old, group) ? old : group
}

/** One level deep, but for the few small plain values that are made anew each time. */
function isSame(one: object, other: object): boolean {
  const [a, b] = [Object.entries(one), Object.entries(other)]
  const values = new Map<string, unknown>(b)
  return a.length === b.length && a.every(([key, value]) => isSameValue(value, values.get(key)))
}

function isSameValue(one: unknown, other: unknown): boolean {
  if (one === other) return true
  return isPlace(one) && isPlace(other) && one.host === other.host && one.port === other.port
}

function isPlace(value: unknown): value is NonNullable<NetworkGroup['place']> {
  return typeof value === 'object' && value !== null && Object.keys(value).join() === 'host,port'
}

/** All words of what was typed are somewhere in it. */
export function filtered(groups: readonly NetworkGroup[], text: string): readonly NetworkGroup[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((each) => each !== '')
  if (words.length === 0) return groups
  const has = (hay: string): boolean => words.every((word) => hay.includes(word))
  return groups.flatMap((group) => {
    const own = `${group.name} ${group.host}`.toLowerCase()
    if (has(own)) return [group]
    const ports = group.ports.filter(({ name, nearby, target }) =>
      has(
        `${own} ${name} ${target ?? ''} ${nearby?.usb?.product ?? ''} ${nearby?.provider ?? ''}`.toLowerCase()
      )
    )
    return ports.length > 0 ? [{ ...group, ports }] : []
  })
}
