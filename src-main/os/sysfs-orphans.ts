/**
 * USB serial adapters that are plugged in but have no port: their driver is missing, or a program (brltty) took them.
 * Called by the doctor. Reads sysfs only.
 */
import { join } from 'node:path'
import { linkName, namesIn, readAttribute } from './sysfs-tree.ts'

export interface OrphanAdapter {
  /** Bus and ports, `1-1.2`. */
  readonly socket: string
  /** `1a86:7523` */
  readonly ids: string
  /** What people call it. */
  readonly chip: string
  /** The kernel module that serves it. */
  readonly wantedDriver: string
  /** Who has it instead: `usbfs` is a program; undefined: nobody. */
  readonly driver: string | undefined
}

/** The chips of nearly all adapters, by their makers' own ids; others cannot be told from devices that are no serial port. */
const CHIPS: Readonly<Record<string, readonly [chip: string, driver: string]>> = {
  '0403:6001': ['FTDI FT232R', 'ftdi_sio'],
  '0403:6010': ['FTDI FT2232', 'ftdi_sio'],
  '0403:6011': ['FTDI FT4232H', 'ftdi_sio'],
  '0403:6014': ['FTDI FT232H', 'ftdi_sio'],
  '0403:6015': ['FTDI FT230X', 'ftdi_sio'],
  '067b:2303': ['Prolific PL2303', 'pl2303'],
  '067b:23a3': ['Prolific PL2303GC', 'pl2303'],
  '10c4:ea60': ['Silicon Labs CP210x', 'cp210x'],
  '10c4:ea70': ['Silicon Labs CP2105', 'cp210x'],
  '10c4:ea71': ['Silicon Labs CP2108', 'cp210x'],
  '1a86:5523': ['WCH CH341', 'ch341'],
  '1a86:55d3': ['WCH CH343', 'cdc_acm'],
  '1a86:55d4': ['WCH CH9102', 'cdc_acm'],
  '1a86:7522': ['WCH CH340', 'ch341'],
  '1a86:7523': ['WCH CH340', 'ch341']
}

/** `placesOfPorts`: the physical paths of the ports that there are, as PortInfo has them. */
export async function listOrphans(
  placesOfPorts: readonly string[],
  sysRoot = '/sys'
): Promise<OrphanAdapter[]> {
  const devices = join(sysRoot, 'bus/usb/devices')
  const orphans: OrphanAdapter[] = []
  for (const socket of (await namesIn(devices)).sort()) {
    // `1-1.2` is a device; `1-1.2:1.0` one of its interfaces, `usb1` a root hub.
    if (!/^\d+-[\d.]+$/.test(socket)) continue
    const directory = join(devices, socket)
    const vendorId = await readAttribute(directory, 'idVendor')
    const productId = await readAttribute(directory, 'idProduct')
    const ids = `${vendorId ?? ''}:${productId ?? ''}`
    const [chip, wantedDriver] = CHIPS[ids] ?? []
    if (chip === undefined || wantedDriver === undefined) continue
    if (placesOfPorts.some((place) => place.startsWith(`usb-${socket}:`))) continue
    const driver = await linkName(join(directory, `${socket}:1.0`), 'driver')
    orphans.push({ socket, ids, chip, wantedDriver, driver })
  }
  return orphans
}
