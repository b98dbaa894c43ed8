/**
 * The serial ports of a Windows computer as the registry describes them. Called by ports/list-ports and the hot-plug search of
 * ports/comm-source. Never opens a device and never throws.
 *
 *   HARDWARE\DEVICEMAP\SERIALCOMM             \Device\VCP0 = COM3          what is plugged in now
 *   SYSTEM\CurrentControlSet\Enum\USB\VID_2341&PID_0043\85736323838351F0E1E1
 *                                             Service = usbser · FriendlyName = Arduino Uno (COM3) · Mfg = @oem1.inf,%m%;Arduino LLC
 *     …\Device Parameters                     PortName = COM3
 *   SYSTEM\CurrentControlSet\Services\usbser\Enum   0 = USB\VID_2341&PID_0043\8573…  what of that is there now
 *
 * The instance is the serial number, or has `&` in it and was made up by Windows for the socket. A device of several interfaces
 * (`VID_…&PID_…&MI_02\7&1a2b&0&0002`) has its serial number at the device above, whose ParentIdPrefix is `7&1a2b&0`.
 * FTDI's own driver: `FTDIBUS\VID_0403+PID_6001+A50285BIA\0000`, where the last letter counts the ports of one adapter.
 */
import type { PortInfo } from '../../contract/state.ts'
import { cleanText } from '../sysfs-tree.ts'
import { type Registry, textOf } from './registry.ts'

export const SERIALCOMM = 'HARDWARE\\DEVICEMAP\\SERIALCOMM'
const ENUM = 'SYSTEM\\CurrentControlSet\\Enum'
const SERVICES = 'SYSTEM\\CurrentControlSet\\Services'

/** What has serial ports: USB in its two forms, built-in ones, cards, Bluetooth, drivers without hardware. */
const ENUMERATORS = ['USB', 'FTDIBUS', 'ACPI', 'PCI', 'MF', 'BTHENUM', 'ROOT', 'COM0COM', 'LPTENUM'] as const

/** All present serial ports, sorted by path with numbers as numbers. `users` stays empty: Windows does not tell. */
export function listRegistryPorts(registry: Registry): PortInfo[] {
  const names = presentNames(registry)
  if (names.length === 0) return []
  const described = describeAll(registry, new Set(names))
  return names.map((path) => ({ path, byId: [], byPath: [], ...described.get(path), users: [] }))
}

/** `COM3`, `COM10`, `CNCA0`: the ports that are there now. */
export function presentNames(registry: Registry): string[] {
  const names = [...registry.values(SERIALCOMM).values()].filter((value) => typeof value === 'string')
  const clean = names.map((name) => cleanText(name)).filter((name) => name !== undefined)
  return [...new Set(clean)].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
}

type Hardware = Omit<PortInfo, 'path' | 'byId' | 'byPath' | 'users'>

interface Device {
  readonly enumerator: string
  /** `VID_2341&PID_0043`. */
  readonly kind: string
  readonly instance: string
}

/** By the port's name. */
function describeAll(registry: Registry, wanted: ReadonlySet<string>): ReadonlyMap<string, Hardware> {
  const found = new Map<string, Hardware>()
  const isPresent = presence(registry)
  for (const enumerator of ENUMERATORS) {
    for (const kind of registry.keys(`${ENUM}\\${enumerator}`)) {
      for (const instance of registry.keys(`${ENUM}\\${enumerator}\\${kind}`)) {
        const device = { enumerator, kind, instance }
        const name = textOf(registry.values(`${pathOf(device)}\\Device Parameters`), 'PortName')
        if (name === undefined || !wanted.has(name)) continue
        const values = registry.values(pathOf(device))
        // A device that was unplugged keeps its entry, and its name may be another's now.
        if (isPresent(device, textOf(values, 'Service'))) found.set(name, describe(registry, device, values))
      }
    }
  }
  return found
}

/** Whether a device is plugged in, as its driver's list of devices tells. */
function presence(registry: Registry): (device: Device, service: string | undefined) => boolean {
  const known = new Map<string, ReadonlySet<string>>()
  return ({ enumerator, kind, instance }, service) => {
    if (service === undefined) return false
    let devices = known.get(service)
    if (!devices) {
      const values = [...registry.values(`${SERVICES}\\${service}\\Enum`).values()]
      devices = new Set(values.filter((value) => typeof value === 'string').map((each) => each.toUpperCase()))
      known.set(service, devices)
    }
    return devices.has(`${enumerator}\\${kind}\\${instance}`.toUpperCase())
  }
}

function describe(
  registry: Registry,
  device: Device,
  values: ReadonlyMap<string, string | number>
): Hardware {
  const usb = device.enumerator === 'FTDIBUS' ? ftdiOf(device) : usbOf(registry, device, values)
  const manufacturer = localText(textOf(values, 'Mfg'))
  // Microsoft's driver for all CDC-ACM devices names itself as their maker: the ids say more.
  const hasMaker = manufacturer !== undefined && !/^(Microsoft|\(Standard )/.test(manufacturer)
  const product = productOf(values)
  const driver = cleanText(textOf(values, 'Service') ?? '')
  return {
    ...(hasMaker && { manufacturer }),
    ...(product !== undefined && { product }),
    ...usb,
    ...(driver !== undefined && { driver })
  }
}

/** Undefined: this port does not hang on USB. */
function usbOf(
  registry: Registry,
  device: Device,
  values: ReadonlyMap<string, string | number>
): Hardware | undefined {
  const { enumerator, kind, instance } = device
  const match = /^VID_([\da-f]{4})&PID_([\da-f]{4})(?:&REV_[\da-f]{4})?(?:&MI_([\da-f]{2}))?/i.exec(kind)
  const [, vendorId = '', productId = '', number] = match ?? []
  if (enumerator !== 'USB' || !match) return undefined
  const whole =
    number === undefined ? device : parentOf(registry, `VID_${vendorId}&PID_${productId}`, instance)
  const serialNumber = whole && serialNumberOf(whole.instance)
  const place =
    whole && textOf(whole === device ? values : registry.values(pathOf(whole)), 'LocationInformation')
  return {
    vendorId: vendorId.toLowerCase(),
    productId: productId.toLowerCase(),
    ...(number !== undefined && { interfaceNumber: Number.parseInt(number, 16) }),
    ...(serialNumber !== undefined && { serialNumber }),
    physicalPath: placeOf(cleanText(place ?? '') ?? instance, number)
  }
}

function ftdiOf({ kind }: Device): Hardware | undefined {
  const match = /^VID_([\da-f]{4})\+PID_([\da-f]{4})\+(.+)$/i.exec(kind)
  if (!match) return undefined
  const [, vendorId = '', productId = '', rest = ''] = match
  const letter = /[A-D]$/.exec(rest)?.[0]
  const serialNumber = serialNumberOf(letter === undefined ? rest : rest.slice(0, -1))
  return {
    vendorId: vendorId.toLowerCase(),
    productId: productId.toLowerCase(),
    ...(letter !== undefined && { interfaceNumber: letter.charCodeAt(0) - 'A'.charCodeAt(0) }),
    ...(serialNumber !== undefined && { serialNumber: serialNumber }),
    physicalPath: rest
  }
}

/** The device of which this is one interface; undefined: Windows keeps no tie, or its entry is gone. */
function parentOf(registry: Registry, kind: string, instance: string): Device | undefined {
  const prefix = instance.slice(0, instance.lastIndexOf('&'))
  for (const each of registry.keys(`${ENUM}\\USB\\${kind}`)) {
    const parent = { enumerator: 'USB', kind, instance: each }
    const own = textOf(registry.values(pathOf(parent)), 'ParentIdPrefix')
    if (own?.toLowerCase() === prefix.toLowerCase()) return parent
  }
  return undefined
}

/** Windows made up what has an ampersand. */
function serialNumberOf(instance: string): string | undefined {
  return instance.includes('&') ? undefined : cleanText(instance)
}

/** `Port_#0003.Hub_#0001`, and of several interfaces which. */
function placeOf(place: string, number: string | undefined): string {
  return number === undefined ? place : `${place}:${number}`
}

/** `Arduino Uno (COM3)` → `Arduino Uno`. */
function productOf(values: ReadonlyMap<string, string | number>): string | undefined {
  const text = textOf(values, 'FriendlyName') ?? localText(textOf(values, 'DeviceDesc'))
  return text === undefined ? undefined : cleanText(text.replace(/\s*\([A-Z]+\d+\)$/, ''))
}

/** `@oem1.inf,%arduino%;Arduino LLC` → `Arduino LLC`. */
function localText(text: string | undefined): string | undefined {
  return text === undefined ? undefined : cleanText(text.slice(text.lastIndexOf(';') + 1))
}

function pathOf({ enumerator, kind, instance }: Device): string {
  return `${ENUM}\\${enumerator}\\${kind}\\${instance}`
}
