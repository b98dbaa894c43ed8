/** What stands below each other on the Network page: the head of each computer, its ports, and what there is to say of it. Pure. */
import type { NetworkGroup, NetworkPort } from './network.ts'

interface ItemOfGroup {
  readonly key: string
  readonly group: NetworkGroup
  /** Of its computer. */
  readonly isLast: boolean
}

export type NetworkItem =
  | (ItemOfGroup & { readonly type: 'head' })
  | (ItemOfGroup & { readonly type: 'port'; readonly port: NetworkPort })
  | (ItemOfGroup & { readonly type: 'note'; readonly tone: 'quiet' | 'warning'; readonly text: string })

export interface NetworkNotes {
  readonly pairHint: string
  readonly nothingOffered: string
  readonly asking: string
}

/** A group that is the same object as before has the same items as before. */
export class NetworkItems {
  readonly #notes: NetworkNotes
  readonly #known = new WeakMap<NetworkGroup, readonly NetworkItem[]>()

  constructor(notes: NetworkNotes) {
    this.#notes = notes
  }

  of(groups: readonly NetworkGroup[]): readonly NetworkItem[] {
    return groups.flatMap((group) => {
      let items = this.#known.get(group)
      if (!items) this.#known.set(group, (items = itemsOf(group, this.#notes)))
      return items
    })
  }
}

function itemsOf(group: NetworkGroup, notes: NetworkNotes): readonly NetworkItem[] {
  const hint = hintOf(group, notes)
  const texts = [
    ...(hint === undefined ? [] : [{ tone: 'quiet' as const, text: hint }]),
    ...(group.fault ? [{ tone: 'warning' as const, text: group.fault.message }] : [])
  ]
  const last = group.ports.length + texts.length
  return [
    { type: 'head', key: group.key, group, isLast: last === 0 },
    ...group.ports.map((port, at) => ({
      ...{ type: 'port' as const, key: `${group.key} ${port.key}`, group, port },
      isLast: at + 1 === last
    })),
    ...texts.map((each, at) => ({
      ...{ type: 'note' as const, key: `${group.key} ${each.tone}`, group, ...each },
      isLast: at + 1 === texts.length
    }))
  ]
}

/** Why there is nothing below its name. */
function hintOf(
  { ports, standing, present, fault, isTold }: NetworkGroup,
  { pairHint, nothingOffered, asking }: NetworkNotes
): string | undefined {
  if (ports.length > 0) return undefined
  if (standing === 'farport') return present ? pairHint : undefined
  if (standing !== 'paired' || fault) return undefined
  return isTold ? nothingOffered : asking
}
