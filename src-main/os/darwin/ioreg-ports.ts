/**
 * Who the serial ports of a Mac are: USB identities out of IOKit's registry, by `ioreg`. Called by ports/list-ports, which finds the ports in /dev. Written
 * from the manual of ioreg(8) and the property names of Apple's USB and serial families; not run on a Mac.
 *
 *     ioreg -a -r -l -c IOUSBHostDevice
 *       hub                         (a device is printed below its hub, and again by itself)
 *         device                    idVendor 1027 · USB Vendor Name · USB Product Name · USB Serial Number · locationID
 *           interface               bInterfaceNumber 0 · USB Interface Name
 *             driver                IOObjectClass AppleUSBFTDI
 *               IOSerialBSDClient   IOCalloutDevice /dev/cu.usbserial-A50285BI
 */
import type { PortInfo } from '../../contract/state.ts'
import { type RunCommand, runCommand } from '../run-command.ts'
import { cleanText } from '../sysfs-tree.ts'
import { asDict, asList, parsePlist, type PlistDict, type PlistValue } from './plist.ts'

const IOREG = '/usr/sbin/ioreg'
const WORDS = ['-a', '-r', '-l', '-c', 'IOUSBHostDevice'] as const
/** A list of ports is asked for by a person. */
const TIMEOUT_MS = 5000

export type DarwinIdentity = Omit<PortInfo, 'path' | 'byId' | 'byPath' | 'users'>

/** By the path in /dev; none where the registry cannot be asked. Never rejects. */
export async function usbIdentities(
  run: RunCommand = runCommand
): Promise<ReadonlyMap<string, DarwinIdentity>> {
  try {
    const { code, stdout } = await run(IOREG, WORDS, { timeoutMs: TIMEOUT_MS })
    return code === 0 ? readIdentities(stdout) : new Map()
  } catch {
    return new Map() // the ports are told all the same, by their paths
  }
}

/** Of what `ioreg` prints. */
export function readIdentities(text: string): ReadonlyMap<string, DarwinIdentity> {
  const found = new Map<string, DarwinIdentity>()
  for (const root of asList(parsePlist(text))) visit(asDict(root), {}, found)
  return found
}

interface Above {
  readonly device?: PlistDict
  readonly usbInterface?: PlistDict
  readonly driver?: string
}

function visit(entry: PlistDict, above: Above, found: Map<string, DarwinIdentity>): void {
  const path = entry.IOCalloutDevice
  if (typeof path === 'string' && above.device) found.set(path, identity(above, above.device))
  const here = below(entry, above)
  for (const child of asList(entry.IORegistryEntryChildren)) visit(asDict(child), here, found)
}

/** The nearest device is the one: hubs are devices, too. */
function below(entry: PlistDict, above: Above): Above {
  // An interface repeats the ids of its device.
  if (typeof entry.bInterfaceNumber === 'number')
    return { ...(above.device && { device: above.device }), usbInterface: entry }
  if (typeof entry.idVendor === 'number' && typeof entry.idProduct === 'number') return { device: entry }
  // What stands on the interface itself; what follows it is the same for every driver.
  const driver = above.driver ?? text(entry.IOObjectClass)
  return driver === undefined || !above.device ? above : { ...above, driver }
}

function identity({ usbInterface = {}, driver }: Above, device: PlistDict): DarwinIdentity {
  const number = usbInterface.bInterfaceNumber
  const { locationID } = device
  const interfaceNumber = typeof number === 'number' ? number : undefined
  return {
    manufacturer: text(device['USB Vendor Name'] ?? device.kUSBVendorString),
    product: text(device['USB Product Name'] ?? device.kUSBProductString),
    serialNumber: text(device['USB Serial Number'] ?? device.kUSBSerialNumberString),
    vendorId: hex(device.idVendor, 4),
    productId: hex(device.idProduct, 4),
    interfaceNumber,
    interfaceName: text(usbInterface['USB Interface Name'] ?? usbInterface.kUSBString),
    driver,
    // The socket: a byte for the controller, then a digit for each hub's port.
    physicalPath:
      typeof locationID === 'number'
        ? `usb-${hex(locationID, 8)}${interfaceNumber === undefined ? '' : `:${interfaceNumber}`}`
        : undefined
  }
}

/** Devices say of themselves what they like. */
function text(value: PlistValue | undefined): string | undefined {
  return typeof value === 'string' ? cleanText(value) : undefined
}

function hex(value: PlistValue | undefined, digits: number): string | undefined {
  return typeof value === 'number' ? (value >>> 0).toString(16).padStart(digits, '0') : undefined
}
