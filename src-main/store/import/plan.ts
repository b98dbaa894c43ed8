/**
 * What of the entries that were found can be put beside those that are there: names and addresses are one's alone, so the same file may
 * be imported again, and brings what is new. Pure. Called by `farport import`.
 */
import type { Settings } from '../../contract/settings.ts'
import { placeOf } from './collector.ts'
import type { Found, FoundRotator, FoundShare, Remark } from './found.ts'

export interface Plan {
  readonly shares: readonly FoundShare[]
  readonly rotators: readonly FoundRotator[]
  readonly remarks: readonly Remark[]
  /** How many of those that were found are there already. */
  readonly there: number
}

export function planFor({ shares, rotators, remarks }: Found, settings: Settings): Plan {
  const owners = addressesOf(settings)
  const taken = (urls: readonly string[]): string | undefined => {
    for (const url of urls) {
      const owner = owners.get(placeOf(url))
      if (owner !== undefined) return `${owner} has the address ${url} already`
    }
    return undefined
  }
  const more: Remark[] = []
  const newShares = shares.filter(({ name, sources }) => {
    const reason =
      taken(sources.flatMap(({ addresses }) => addresses)) ??
      (settings.shares.some((each) => each.name === name) ? `a share ${name} is there already` : undefined)
    if (reason !== undefined)
      for (const { file, line, name: own } of sources) more.push({ file, line, text: own, reason })
    return reason === undefined
  })
  const names = new Set([...newShares, ...settings.shares].map(({ name }) => name))
  const newRotators = rotators.flatMap((rotator) => {
    const { file, line, name, wish } = rotator
    const tell = (text: string, reason: string): [] => {
      more.push({ file, line, text, reason })
      return []
    }
    const reason = taken(wish.listen.map((each) => (typeof each === 'string' ? each : each.url)))
    if (reason !== undefined) return tell(name, reason)
    if (settings.rotators.some((each) => each.name === name))
      return tell(name, `a rotator ${name} is there already`)
    const members = wish.shares.filter((each) => names.has(each))
    if (members.length === 0) return tell(name, 'none of its connections is imported')
    return [{ ...rotator, wish: { ...wish, shares: members } }]
  })
  const made = new Set([
    ...newShares.flatMap(({ sources }) => sources.map(({ name }) => name)),
    ...newRotators.map(({ name }) => name)
  ])
  // Of what is not made there is one remark, that says why.
  const told = remarks.filter(({ without }) => without === undefined || made.has(without))
  return {
    shares: newShares,
    rotators: newRotators,
    remarks: [...told, ...more],
    there: shares.length - newShares.length + rotators.length - newRotators.length
  }
}

function addressesOf({ shares, rotators }: Settings): Map<string, string> {
  const owners = new Map<string, string>()
  const add = (owner: string, { listen = [] }: { listen?: Settings['shares'][number]['listen'] }): void => {
    for (const each of listen) owners.set(placeOf(typeof each === 'string' ? each : each.url), owner)
  }
  for (const share of shares) add(`the share ${share.name}`, share)
  for (const rotator of rotators) add(`the rotator ${rotator.name}`, rotator)
  return owners
}
