/** Whether the first steps are shown, and what they propose. Pure. */
import type { Settings } from '../../src-main/contract/settings.ts'
import type { LocalPortState, StateTree } from '../../src-main/contract/state.ts'

/** Nothing shared, connected or paired, no name chosen, and nobody went through the first steps, in whatever window. */
export function isFresh(
  { bridges, rotators, peers }: StateTree,
  settings: Pick<Settings, 'name' | 'preferences'>
): boolean {
  if (settings.preferences.introduced) return false
  const counts = [bridges, rotators, peers ?? {}].map((each) => Object.keys(each).length)
  return settings.name === undefined && counts.every((each) => each === 0)
}

/** What a share of it is called at first. */
export function portName({ path, product, interfaceName }: LocalPortState): string {
  return product ?? interfaceName ?? fileName(path)
}

/** What a share of it opens: the name that stays with the adapter, wherever it is plugged in. */
export function portTarget({ path, byId }: LocalPortState): string {
  return byId[0] ?? path
}

/** `ttyUSB0` of `/dev/ttyUSB0`. */
export function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
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
