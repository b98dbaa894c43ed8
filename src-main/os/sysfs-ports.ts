/**
 * The serial ports of this computer as sysfs describes them, without udevadm. Called by ports/list-ports, the hot-plug
 * search of ports/hardware-source and the doctor. Never opens a device and never throws: what vanishes meanwhile is left out.
 *
 *   class/tty/ttyUSB0  -> ../../devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1.2/1-1.2:1.0/ttyUSB0/tty/ttyUSB0
 *                         the USB device (idVendor, serial, …) ──────────┘       │       └ `device`, usb-serial only
 *                         its interface (bInterfaceNumber, driver) ──────────────┘
 *   class/tty/ttyACM0  -> …/1-1.2/1-1.2:1.0/tty/ttyACM0
 *   class/tty/ttyS0    -> ../../devices/pnp0/00:05/tty/ttyS0, since Linux 6.5 with two serial-base devices between:
 *                         ../../devices/pnp0/00:05/00:05:0/00:05:0.0/tty/ttyS0
 */
import { lstat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { PortInfo } from '../contract/state.ts'
import { serialLinks } from './sysfs-links.ts'
import { chain, linkName, namesIn, readAttribute, realPath } from './sysfs-tree.ts'

export interface DevicePlaces {
  /** Where sysfs is mounted; `/sys` when absent. */
  readonly sysRoot?: string
  /** Where the device nodes are; `/dev` when absent. */
  readonly devRoot?: string
}

/** Virtual consoles and the like: told by the name alone, so that 64 of them cost nothing. */
const NO_PORT = /^(tty\d*|console|ptmx|tty[a-ep-z][\da-f]|pty.*|vcs.*|ttynull|ttyprintk|hvc\d+)$/

/** Ports that the kernel makes without a parent device: Bluetooth, the USB gadget, the tty0tty null modem. */
const WITHOUT_DEVICE = /^(rfcomm|ttyGS|tnt)\d+$/

/** All serial ports, sorted by path with numbers as numbers. `users` stays empty: who has a port open is another question. */
export async function listSysfsPorts(places: DevicePlaces = {}): Promise<PortInfo[]> {
  const sysRoot = (await realPath(places.sysRoot ?? '/sys')) ?? '/sys'
  const devRoot = places.devRoot ?? '/dev'
  const names = await namesIn(join(sysRoot, 'class/tty'))
  const links = await serialLinks(devRoot)
  const found = await Promise.all(
    names.filter((name) => !NO_PORT.test(name)).map((name) => describe(sysRoot, devRoot, name))
  )
  const ports = found.filter((port) => port !== undefined)
  ports.sort((a, b) => byName(a.path, b.path))
  const named = await Promise.all(
    ports.map(async (port) => ({ ...port, ...links((await realPath(port.path)) ?? port.path) }))
  )
  return withDistinctPlaces(named)
}

type Described = Omit<PortInfo, 'byId' | 'byPath'>

async function describe(sysRoot: string, devRoot: string, name: string): Promise<Described | undefined> {
  const directory = await realPath(join(sysRoot, 'class/tty', name))
  if (directory === undefined) return undefined
  const device = await realPath(join(directory, 'device'))
  if (device === undefined && !WITHOUT_DEVICE.test(name)) return undefined
  const parents = chain(device ?? directory, sysRoot)
  const usb = await usbOf(parents)
  const hardware = usb ?? (await platformOf(parents))
  if (/^ttyS\d+$/.test(name) && (await isGhost(directory, hardware.driver))) return undefined
  // In a container sysfs shows the host's ports while /dev has only those that were handed in.
  const path = join(devRoot, await nodeName(directory, name))
  return (await exists(path)) ? { path, ...hardware, users: [] } : undefined
}

/** The kernel's DEVNAME, which may contain a slash where the sysfs name has `!`. */
async function nodeName(directory: string, name: string): Promise<string> {
  const uevent = await readAttribute(directory, 'uevent')
  return /\bDEVNAME=([\w./-]+)/.exec(uevent ?? '')?.[1] ?? name.replaceAll('!', '/')
}

/** /dev/ttyS0-31 exist whether or not there is a UART behind: those without one have the type PORT_UNKNOWN, 0. */
async function isGhost(directory: string, driver: string | undefined): Promise<boolean> {
  const type = await readAttribute(directory, 'type')
  if (type !== undefined) return type === '0'
  // Older kernels show the type to root only. Placeholders then hang on the platform device of the 8250 driver itself.
  return driver === undefined || driver === 'serial8250'
}

type Hardware = Pick<
  PortInfo,
  | 'manufacturer'
  | 'product'
  | 'serialNumber'
  | 'vendorId'
  | 'productId'
  | 'interfaceNumber'
  | 'interfaceName'
  | 'driver'
  | 'physicalPath'
>

/** `parents`: nearest first. Undefined: this port does not hang on USB. */
async function usbOf(parents: readonly string[]): Promise<Hardware | undefined> {
  const at = await indexWith(parents, 'bInterfaceNumber')
  const usbInterface = parents[at]
  if (usbInterface === undefined) return undefined
  const device = parents[at + (await indexWith(parents.slice(at), 'idVendor'))]
  if (device === undefined) return undefined
  const [
    vendorId,
    productId,
    manufacturer,
    product,
    serialNumber,
    number,
    interfaceName,
    driver,
    portNumber
  ] = await Promise.all([
    readAttribute(device, 'idVendor'),
    readAttribute(device, 'idProduct'),
    readAttribute(device, 'manufacturer'),
    readAttribute(device, 'product'),
    readAttribute(device, 'serial'),
    readAttribute(usbInterface, 'bInterfaceNumber'),
    readAttribute(usbInterface, 'interface'),
    // The interface's driver is the module's name (`ch341`); the one of usb-serial above it can differ (`ch341-uart`).
    linkName(usbInterface, 'driver'),
    portNumberOf(parents[0])
  ])
  return {
    manufacturer,
    product,
    serialNumber,
    vendorId: vendorId?.toLowerCase(),
    productId: productId?.toLowerCase(),
    interfaceNumber: number === undefined ? undefined : Number.parseInt(number, 16),
    interfaceName,
    driver,
    physicalPath: `usb-${basename(usbInterface)}${portNumber > 0 ? `-port${portNumber}` : ''}`
  }
}

/** usb-serial's number of the port on its interface: some adapters (mos7840, Moxa) have several on one. */
async function portNumberOf(device: string | undefined): Promise<number> {
  const text = device === undefined ? undefined : await readAttribute(device, 'port_number')
  return Number(text ?? 0) || 0
}

/** A port on the board: the first parent with a subsystem of its own names it, `platform-3f201000.serial`. */
async function platformOf(parents: readonly string[]): Promise<Hardware> {
  for (const directory of parents) {
    const subsystem = await linkName(directory, 'subsystem')
    if (subsystem === undefined || subsystem === 'serial-base' || subsystem === 'tty') continue
    return {
      driver: await linkName(directory, 'driver'),
      physicalPath: `${subsystem}-${basename(directory)}`
    }
  }
  return {}
}

/** A card with several UARTs is one device: its ports are told apart by their names. */
function withDistinctPlaces(ports: readonly PortInfo[]): PortInfo[] {
  return ports.map((port) => {
    const twins = ports.filter((each) => each.physicalPath === port.physicalPath)
    return port.physicalPath === undefined || twins.length === 1
      ? port
      : { ...port, physicalPath: `${port.physicalPath}-${basename(port.path)}` }
  })
}

async function indexWith(directories: readonly string[], attribute: string): Promise<number> {
  for (const [index, directory] of directories.entries()) {
    if ((await readAttribute(directory, attribute)) !== undefined) return index
  }
  return directories.length
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch {
    return false // the node is not there (any more)
  }
}

/** ttyS2 before ttyS10. Not by Intl.Collator, which brings 3 MB of language data into every process that shares a port. */
function byName(a: string, b: string): number {
  const [left, right] = [a.split(/(\d+)/), b.split(/(\d+)/)]
  for (const [index, part] of left.entries()) {
    const other = right[index] ?? ''
    if (part === other) continue
    // Numbers stand at the odd places.
    const apart = index % 2 === 1 ? Number(part) - Number(other) : 0
    return apart === 0 ? (part < other ? -1 : 1) : apart
  }
  return left.length - right.length
}
