/** Whether the first steps are shown, and what they propose. Pure. */
import type { Settings } from '../../src-main/contract/settings.ts'
import type { LocalPortState, StateTree } from '../../src-main/contract/state.ts'
import { portName } from './port-names.ts'

/** Nothing shared, connected or paired, no name chosen, and nobody went through the first steps, in whatever window. */
export function isFresh(
  { bridges, rotators, peers }: StateTree,
  settings: Pick<Settings, 'name' | 'preferences'>
): boolean {
  if (settings.preferences.introduced) return false
  const counts = [bridges, rotators, peers ?? {}].map((each) => Object.keys(each).length)
  return settings.name === undefined && counts.every((each) => each === 0)
}

/** No name twice: the core takes none that is there. */
export function distinctNames(ports: readonly LocalPortState[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  const used = new Set<string>()
  for (const port of ports) {
    const name = portName(port)
    let free = name
    for (let number = 2; used.has(free); number++) free = `${name} ${number}`
    used.add(free)
    names.set(port.id, free)
  }
  return names
}
