/** The names that udev gives to serial ports beside the kernel's: /dev/serial/by-id and by-path. */
import { join } from 'node:path'
import { namesIn, realPath } from './sysfs-tree.ts'

export interface DeviceNames {
  readonly byId: readonly string[]
  readonly byPath: readonly string[]
}

/** Answers, for the real path of a device node, the links that lead to it; sorted, links that lead nowhere left out. */
export async function serialLinks(devRoot: string): Promise<(node: string) => DeviceNames> {
  const [byId, byPath] = await Promise.all([
    linksIn(join(devRoot, 'serial/by-id')),
    linksIn(join(devRoot, 'serial/by-path'))
  ])
  return (node) => ({ byId: byId.get(node) ?? [], byPath: byPath.get(node) ?? [] })
}

async function linksIn(directory: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const links = new Map<string, string[]>()
  for (const name of (await namesIn(directory)).sort()) {
    const path = join(directory, name)
    const node = await realPath(path)
    if (node !== undefined) links.set(node, [...(links.get(node) ?? []), path])
  }
  return links
}
