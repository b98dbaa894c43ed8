/**
 * The serial ports of this computer with who uses them. Called by `farport list`, the doctor and the window. A port that is
 * not listed can still be opened by its path (PTYs, ports in a container). Never opens a device.
 */
import { join } from 'node:path'
import type { PortInfo } from '../contract/state.ts'
import { portUsers } from '../os/proc-users.ts'
import { type DevicePlaces, listSysfsPorts } from '../os/sysfs-ports.ts'
import type { RunCommand } from '../os/run-command.ts'
import { namesIn } from '../os/sysfs-tree.ts'
import type { Registry } from '../os/win32/registry.ts'

export interface ListPlaces extends DevicePlaces {
  /** Where the processes are; `/proc` when absent. */
  readonly procRoot?: string
  readonly platform?: NodeJS.Platform
  /** What Windows knows of them; this computer's own when absent. */
  readonly registry?: Registry
  /** Runs macOS's `ioreg`; the real one when absent. */
  readonly run?: RunCommand
}

/** Sorted by path with numbers as numbers; empty where there is none, or where this system cannot be asked. */
export async function listPorts(places: ListPlaces = {}): Promise<PortInfo[]> {
  const platform = places.platform ?? process.platform
  if (platform === 'win32') return listComPorts(places.registry)
  if (platform === 'darwin') return listCallOutPorts(places)
  if (platform !== 'linux') return []
  const ports = await listSysfsPorts(places)
  const users = await portUsers(
    ports.map((port) => port.path),
    places.procRoot
  )
  return ports.map((port) => ({ ...port, users: users.get(port.path) ?? [] }))
}

/**
 * macOS: the call-out devices, `/dev/cu.usbserial-A50285BI`; the `tty.` twin of each waits for carrier. Those of USB adapters with
 * their identity. Written from its manuals, not run there.
 */
async function listCallOutPorts({ devRoot = '/dev', run }: ListPlaces): Promise<PortInfo[]> {
  const { usbIdentities } = await import('../os/darwin/ioreg-ports.ts')
  const names = (await namesIn(devRoot)).filter((name) => name.startsWith('cu.')).sort()
  const identities = names.length === 0 ? undefined : await usbIdentities(run)
  return names.map((name) => ({
    path: join(devRoot, name),
    byId: [],
    byPath: [],
    ...identities?.get(`/dev/${name}`),
    users: []
  }))
}

async function listComPorts(registry?: Registry): Promise<PortInfo[]> {
  const [{ listRegistryPorts }, { windowsRegistry }] = await Promise.all([
    import('../os/win32/registry-ports.ts'),
    import('../os/win32/registry.ts')
  ])
  return listRegistryPorts(registry ?? windowsRegistry())
}
