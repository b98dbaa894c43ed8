/**
 * What the ports of announced shares are, as the system describes them: asked for when a port is new or came back, and remembered while it is
 * unplugged, so that what is announced of a share does not change with its plug. Called by announcing.ts.
 */
import { realpath } from 'node:fs/promises'
import type { PortInfo } from '../contract/state.ts'
import { looksLikeEndpoint } from '../net/endpoint.ts'
import type { AnnouncedDevice } from './announcements.ts'

export class AnnouncedDevices {
  readonly #list: () => Promise<readonly PortInfo[]>
  readonly #known = new Map<string, AnnouncedDevice>()

  /** `list`: the serial ports of this computer. */
  constructor(list: () => Promise<readonly PortInfo[]> = listed) {
    this.#list = list
  }

  of(target: string): AnnouncedDevice {
    return this.#known.get(target)
  }

  has(target: string): boolean {
    return !isDevice(target) || this.#known.has(target)
  }

  /** Asks the system for those of them that are devices; one that it does not know stays what it was. Never rejects. */
  async look(targets: Iterable<string>): Promise<void> {
    const devices = [...targets].filter(isDevice)
    if (devices.length === 0) return
    const ports = await this.#list().catch(() => [])
    for (const target of devices) {
      const found = await portAt(target, ports)
      if (found || !this.#known.has(target)) this.#known.set(target, found && deviceOf(found))
    }
  }
}

/** Neither a program, nor simulated, nor somewhere else. */
function isDevice(target: string): boolean {
  return (
    target.startsWith('/') ||
    /^com\d+$/i.test(target) ||
    (/^(?:tty|cu\.)/.test(target) && !looksLikeEndpoint(target))
  )
}

async function portAt(target: string, ports: readonly PortInfo[]): Promise<PortInfo | undefined> {
  const real = await realpath(target).catch(() => target)
  return ports.find(({ path, byId, byPath }) =>
    [path, ...byId, ...byPath].some((each) => each === target || each === real)
  )
}

function deviceOf(port: PortInfo): AnnouncedDevice {
  const { vendorId, productId, serialNumber, manufacturer, product, interfaceNumber, interfaceName } = port
  if (vendorId === undefined || productId === undefined) return 'serial'
  return {
    ...{ vendorId, productId },
    ...(serialNumber !== undefined && { serialNumber }),
    ...(manufacturer !== undefined && { manufacturer }),
    ...(product !== undefined && { product }),
    ...(interfaceNumber !== undefined && { interfaceNumber }),
    ...(interfaceName !== undefined && { interfaceName })
  }
}

async function listed(): Promise<readonly PortInfo[]> {
  if (process.platform === 'win32') return (await import('../ports/list-ports.ts')).listPorts()
  const { listSysfsPorts } = await import('../os/sysfs-ports.ts')
  return process.platform === 'linux' ? listSysfsPorts() : []
}
