import { Fault } from '../../../contract/faults.ts'
import type { BridgeState, RotatorState, StateTree } from '../../../contract/state.ts'
import { shortText } from './words.ts'

export type Entry = BridgeState | RotatorState

/** Names in a message. */
const MAX_SHOWN = 12

export function entriesOf({ bridges, rotators }: StateTree): Entry[] {
  return [...Object.values(bridges), ...Object.values(rotators)]
}

/**
 * The share, link or rotator of that name or id. Throws `usage` where there is none, or where several have the name: then it lists
 * them.
 */
export function named(tree: StateTree, text: string): Entry {
  const all = entriesOf(tree)
  const exact = all.find(({ id }) => id === text)
  if (exact) return exact
  const found = all.filter(({ name }) => name === text)
  const [only] = found
  if (only && found.length === 1) return only
  if (only)
    throw new Fault(
      'usage',
      `Several are called "${shortText(text)}": ${found.map(({ kind, id }) => `a ${kind} (${id})`).join(', ')}. Give the id instead.`
    )
  throw new Fault(
    'usage',
    `There is no share, link or rotator "${shortText(text)}" here. ${alternatives(all)}`
  )
}

function alternatives(all: readonly Entry[]): string {
  if (all.length === 0) return 'There is none at all: see farport share --help.'
  const names = all.slice(0, MAX_SHOWN).map(({ name }) => shortText(name))
  return `There are: ${names.join(', ')}${all.length > MAX_SHOWN ? ', …; see farport list' : ''}.`
}
